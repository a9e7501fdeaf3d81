/* The parking lot. */
#include "fcgi/parking.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr head; /* aligns the buffer */
    char buffer[CMSG_SPACE(sizeof(int))];
};

int parking_open(struct parking *parking)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
        return -1;
    *parking = (struct parking){.in = ends[0], .out = ends[1]};
    return 0;
}

bool parking_put(const struct parking *parking, int fd, bool kept)
{
    char byte = kept ? 'k' : 'n';
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    union control control = {0};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.buffer,
                             .msg_controllen = sizeof control.buffer};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    if (parking->in < 0 || sendmsg(parking->in, &message, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
        return false;
    close(fd);
    return true;
}

int parking_take(const struct parking *parking, bool *kept)
{
    char byte;
    int fd = -1;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    union control control = {0};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.buffer,
                             .msg_controllen = sizeof control.buffer};
    if (parking->out < 0 || recvmsg(parking->out, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1)
        return -1;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(head), sizeof fd);
    *kept = byte == 'k';
    return fd;
}
