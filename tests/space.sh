# For scripts that watch live, as root: a network namespace of our own, and what tests/watcher.sh has.
# To be read in like tap.sh, which it needs.

space=waxseal-live-$$
. tests/netns.sh
. tests/watcher.sh
