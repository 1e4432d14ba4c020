// What Swift's Glibc module lacks: epoll, eventfd, and the calls that move many datagrams at once.
// Without _GNU_SOURCE: it changes types that Swift's Glibc module has already imported, such as fd_set.
#pragma once
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

// The plain layout of recvmmsg(2)'s struct mmsghdr.
struct tessera_message {
    struct msghdr header;
    unsigned int length;
};

struct mmsghdr;
struct timespec;
extern int recvmmsg(int, struct mmsghdr *, unsigned int, int, struct timespec *);
extern int sendmmsg(int, struct mmsghdr *, unsigned int, int);
extern int accept4(int, struct sockaddr *, socklen_t *, int);

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
// Whether to wait for room to write, too.
static inline int tessera_epoll_set_writing(int epoll, int fd, unsigned int token, int writing) {
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data = {.u32 = token}};
    return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
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
static inline int tessera_tcp_socket(int family) { return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }
static inline int tessera_accept(int fd, struct sockaddr_storage *address) {
    socklen_t length = sizeof *address;
    return accept4(fd, (struct sockaddr *)address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
