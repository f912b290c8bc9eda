#!/bin/sh
# Install the mail servers of the range, as far as they are not: what takes a network.
. "$(dirname "$0")/enter.sh"
hosts_installed
