# What postfix-mta-sts-resolver says of domains, a line each: its name and VALID, NONE or FETCH_ERROR.
# For tests/policy.t: resolver.py DOMAIN...
import asyncio
import sys

from postfix_mta_sts_resolver.resolver import STSResolver


async def main():
    resolver = STSResolver(timeout=120, loop=asyncio.get_running_loop())
    for domain in sys.argv[1:]:
        try:
            result, _ = await resolver.resolve(domain)
            print(domain, result.name, flush=True)
        except Exception as error:
            print(domain, "CRASHED", type(error).__name__, flush=True)


asyncio.run(main())
