/* What the kernel says of an interface; see facts.h. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "monitor/doctor/facts.h"

static enum fact
fact_of(bool is_so)
{
	return is_so ? FACT_YES : FACT_NO;
}

/* name is one that fits. */
static struct ifreq
request_of(const char *name)
{
	struct ifreq request = {0};

	memcpy(request.ifr_name, name, strlen(name) + 1);
	return request;
}

/* One setting of the device: ETHTOOL_GGRO and its like, or a bit of ETHTOOL_GFLAGS. */
static enum fact
ask_device(int socket, const char *name, uint32_t command, uint32_t bit)
{
	struct ethtool_value value = {.cmd = command};
	struct ifreq request = request_of(name);

	request.ifr_data = (char *)&value;
	if (ioctl(socket, SIOCETHTOOL, &request) != 0)
		return FACT_UNSEEN;
	return fact_of((value.data & bit) != 0);
}

void
facts_port(const char *name, struct port_facts *out)
{
	const int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request;

	*out = (struct port_facts){.name = name};
	if (s < 0 || strlen(name) >= sizeof(request.ifr_name))
		goto end;
	request = request_of(name);
	if (ioctl(s, SIOCGIFFLAGS, &request) != 0) {
		if (errno == ENODEV)
			out->exists = FACT_NO;
		goto end;
	}
	out->exists = FACT_YES;
	out->is_up = fact_of((request.ifr_flags & IFF_UP) != 0);
	out->has_carrier = fact_of((request.ifr_flags & IFF_RUNNING) != 0);
	out->is_promiscuous = fact_of((request.ifr_flags & IFF_PROMISC) != 0);
	out->has_gro = ask_device(s, name, ETHTOOL_GGRO, 1);
	out->has_lro = ask_device(s, name, ETHTOOL_GFLAGS, ETH_FLAG_LRO);
end:
	if (s >= 0)
		close(s);
}
