// What Swift's Glibc module lacks: epoll, eventfd, and the calls that move many datagrams at once.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

// The plain layouts of recvmmsg(2); under _GNU_SOURCE only, which Swift's importer does not define everywhere.
struct tessera_message {
    struct msghdr header;
    unsigned int length;
};

extern int recvmmsg(int, struct mmsghdr *, unsigned int, int, struct timespec *);
extern int sendmmsg(int, struct mmsghdr *, unsigned int, int);

static inline int tessera_recvmmsg(int fd, struct tessera_message *messages, unsigned int count) {
    return recvmmsg(fd, (struct mmsghdr *)messages, count, MSG_DONTWAIT, 0);
}
static inline int tessera_sendmmsg(int fd, struct tessera_message *messages, unsigned int count) {
    return sendmmsg(fd, (struct mmsghdr *)messages, count, MSG_DONTWAIT);
}
static inline int tessera_epoll_add(int epoll, int fd, unsigned int token) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = token}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}
static inline void tessera_epoll_remove(int epoll, int fd) { epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }
// Waits for at most `count` descriptors and writes their tokens; the number of them, or -1.
static inline int tessera_epoll_wait(int epoll, unsigned int *tokens, int count, int milliseconds) {
    struct epoll_event events[64];
    int ready = epoll_wait(epoll, events, count < 64 ? count : 64, milliseconds);
    for (int i = 0; i < ready; i++) tokens[i] = events[i].data.u32;
    return ready;
}
static inline int tessera_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
static inline void tessera_eventfd_wake(int fd) { unsigned long long one = 1; ssize_t done = write(fd, &one, 8); (void)done; }
static inline void tessera_eventfd_drain(int fd) { unsigned long long count; ssize_t done = read(fd, &count, 8); (void)done; }
static inline int tessera_udp_socket(int family) { return socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }
