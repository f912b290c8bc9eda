/* Structs and descriptors over a socket of this machine; see handover.h. */
#include "monitor/role/handover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

ssize_t
handover_send_some(int socket, struct bytes bytes, int descriptor, int flags)
{
	struct iovec piece = {.iov_len = bytes.len};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	union control control = {0};

	/* They are only read, though the type of a piece says not so. */
	memcpy(&piece.iov_base, &bytes.at, sizeof(bytes.at));
	if (descriptor >= 0) {
		message.msg_control = control.room;
		message.msg_controllen = sizeof(control.room);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &descriptor, sizeof(descriptor));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL | flags);
}

bool
handover_send(int socket, const void *at, size_t len, int descriptor)
{
	return handover_send_some(socket, (struct bytes){at, len}, descriptor, 0) == (ssize_t)len;
}

bool
handover_receive(int socket, void *at, size_t len, int *descriptor)
{
	struct iovec piece = {at, len};
	union control control = {0};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control.room,
				 .msg_controllen = sizeof(control.room)};
	ssize_t n;

	*descriptor = -1;
	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	if (n > 0 && control.head.cmsg_level == SOL_SOCKET &&
	    control.head.cmsg_type == SCM_RIGHTS && message.msg_controllen > 0)
		memcpy(descriptor, CMSG_DATA(&control.head), sizeof(*descriptor));
	return n == (ssize_t)len;
}
