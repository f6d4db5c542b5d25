#pragma once
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Calls and structures that glibc shows only with _GNU_SOURCE, under names of our own. */

/* Binds the calling thread, and those it starts, to one processor. */
static inline int confab_load_pin(unsigned int processor) {
    uint64_t mask[16] = {0};
    if (processor >= 1024) return -1;
    mask[processor / 64] = (uint64_t)1 << (processor % 64);
    return (int)syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask) < 0 ? -1 : 0;
}

/* When the kernel took the datagram, in nanoseconds of CLOCK_REALTIME (SO_TIMESTAMPNS); 0 when it does not say.
   `drops` gets the socket's count of datagrams it had no room for (SO_RXQ_OVFL), where it is told. */
static inline int64_t confab_load_arrival(struct msghdr *header, uint32_t *drops) {
    int64_t arrival = 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
        if (part->cmsg_level != SOL_SOCKET) continue;
        if (part->cmsg_type == 35 /* SCM_TIMESTAMPNS */) {
            int64_t parts[2];
            memcpy(parts, CMSG_DATA(part), sizeof(parts));
            arrival = parts[0] * 1000000000 + parts[1];
        } else if (part->cmsg_type == 40 /* SO_RXQ_OVFL */) {
            memcpy(drops, CMSG_DATA(part), sizeof(*drops));
        }
    }
    return arrival;
}
