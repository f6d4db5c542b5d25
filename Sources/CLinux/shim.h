#pragma once
#include <errno.h>
#include <pthread.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

long syscall(long number, ...);

/* The CMSG macros are out of Swift's reach. */

/// Room for the control messages of one datagram: its time of arrival.
#define CONFAB_CONTROL_SIZE 64

/// `struct mmsghdr`, which the headers show to GNU programs only.
struct confab_message {
    struct msghdr header;
    unsigned int length;
};

/* Plain system calls: glibc's own functions are places where a thread may be cancelled, and pay for that each time. */

/// As `recvmmsg`.
static inline int confab_receive_many(int descriptor, struct confab_message *messages, unsigned int count, int flags) {
    return (int)syscall(SYS_recvmmsg, descriptor, messages, count, flags, 0);
}

/// As `sendmmsg`.
static inline int confab_send_many(int descriptor, struct confab_message *messages, unsigned int count, int flags) {
    return (int)syscall(SYS_sendmmsg, descriptor, messages, count, flags);
}

/// As `sendto`.
static inline ssize_t confab_send(
    int descriptor, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t length
) {
    return syscall(SYS_sendto, descriptor, bytes, count, flags, to, length);
}

/// When the kernel received a datagram, in nanoseconds of the realtime clock; 0 when it does not say.
static inline int64_t confab_arrival(struct msghdr *message) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
            struct timespec time;
            memcpy(&time, CMSG_DATA(c), sizeof time);
            return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
        }
    return 0;
}

/// One datagram with its source and time of arrival: its length, or -1 and `errno`.
static inline ssize_t confab_receive(
    int descriptor, void *buffer, size_t size, struct sockaddr_storage *source, int64_t *arrival
) {
    _Alignas(struct cmsghdr) char control[CONFAB_CONTROL_SIZE];
    struct iovec part = {buffer, size};
    struct msghdr message = {
        .msg_name = source, .msg_namelen = sizeof *source, .msg_iov = &part, .msg_iovlen = 1,
        .msg_control = control, .msg_controllen = sizeof control,
    };
    ssize_t count = syscall(SYS_recvmsg, descriptor, &message, 0);
    if (count >= 0) *arrival = confab_arrival(&message);
    return count;
}

/// Sleeps until something is there or `nanoseconds` have passed (for ever if negative). Kernels before 5.11, and those
/// that hide the newer call, count in milliseconds.
static inline int confab_wait(int epoll, struct epoll_event *events, int count, int64_t nanoseconds) {
    static _Thread_local int lacks_precise;
    if (!lacks_precise) {
        struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
        int ready = (int)syscall(SYS_epoll_pwait2, epoll, events, count, nanoseconds < 0 ? 0 : &time, 0, 0);
        if (ready >= 0 || (errno != ENOSYS && errno != EPERM)) return ready;
        lacks_precise = 1;
    }
    int64_t milliseconds = nanoseconds < 0 ? -1 : (nanoseconds + 999999) / 1000000;
    return epoll_wait(epoll, events, count, milliseconds > 1000000 ? 1000000 : (int)milliseconds);
}

/* What a clock shows, in nanoseconds; -1 when there is no such clock. */
static inline int64_t confab_clock(clockid_t clock) {
    struct timespec time;
    if (clock_gettime(clock, &time) != 0) return -1;
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Runs a function on a thread of its own, whose end nobody waits for: 0, or an error number. */
static inline int confab_start_thread(void *(*run)(void *), void *context) {
    pthread_t thread;
    int failure = pthread_create(&thread, 0, run, context);
    if (!failure) pthread_detach(thread);
    return failure;
}

/* Names the calling thread, in at most 15 characters, and gives it real-time scheduling where the system allows that;
   without, it is one among others. */
static inline void confab_name_thread(const char *name, int priority) {
    struct sched_param parameters = {.sched_priority = priority};
    prctl(PR_SET_NAME, name, 0, 0, 0);
    pthread_setschedparam(pthread_self(), SCHED_RR, &parameters);
}

/* Starts a program that is found on PATH, in a process group of its own, with nothing but these two descriptors as its
   input and output, no error output, and a plain environment: 0, or an error number. */
static inline int confab_spawn(const char *program, char *const arguments[], int input, int output, pid_t *process) {
    static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin", locale[] = "LC_ALL=C.UTF-8", home[] = "HOME=/nonexistent";
    char *const environment[] = {path, locale, home, 0};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, ignored;
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure) return failure;
    failure = posix_spawnattr_init(&attributes);
    if (failure) {
        posix_spawn_file_actions_destroy(&actions);
        return failure;
    }
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    if (!(failure = posix_spawn_file_actions_adddup2(&actions, input, 0))
        && !(failure = posix_spawn_file_actions_adddup2(&actions, output, 1))
        && !(failure = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0))
        && !(failure = posix_spawn_file_actions_addclosefrom_np(&actions, 3))
        && !(failure = posix_spawnattr_setsigmask(&attributes, &none))
        && !(failure = posix_spawnattr_setsigdefault(&attributes, &ignored))
        && !(failure = posix_spawnattr_setpgroup(&attributes, 0))
        && !(failure = posix_spawnattr_setflags(
                 &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP)))
        failure = posix_spawnp(process, program, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}
