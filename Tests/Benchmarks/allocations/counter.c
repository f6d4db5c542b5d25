/* Preloaded into the server under test: counts what each thread allocates and frees.

   The counts live in a file mapped into memory, named by ALLOCATION_COUNTS: one record for each thread, in the order in
   which threads first allocate. Whoever measures reads the file at two moments and takes the difference; the process is
   neither stopped nor signalled. Links against glibc's own entry points, so nothing is looked up at run time. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { most_threads = 1024 };

struct record {
    uint64_t thread, allocations, frees, bytes;
};

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static struct record *records;
static uint32_t taken;
static __thread struct record *mine __attribute__((tls_model("initial-exec")));

__attribute__((constructor)) static void map_records(void) {
    const char *path = getenv("ALLOCATION_COUNTS");
    int file = path ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
    if (file < 0) return;
    if (ftruncate(file, most_threads * sizeof(struct record)) == 0) {
        void *mapped = mmap(NULL, most_threads * sizeof(struct record), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (mapped != MAP_FAILED) records = mapped;
    }
    close(file);
}

static struct record *record(void) {
    if (mine || !records) return mine;
    uint32_t index = __atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
    if (index >= most_threads) index = most_threads - 1;
    mine = &records[index];
    mine->thread = (uint64_t)syscall(SYS_gettid);
    return mine;
}

static void allocated(size_t size) {
    struct record *own = record();
    if (!own) return;
    own->allocations++;
    own->bytes += size;
}

void *malloc(size_t size) {
    allocated(size);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    allocated(count * size);
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    allocated(size);
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    allocated(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    allocated(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    allocated(size);
    void *found = __libc_memalign(alignment, size);
    if (!found) return ENOMEM;
    *result = found;
    return 0;
}

void free(void *old) {
    struct record *own = old ? record() : NULL;
    if (own) own->frees++;
    __libc_free(old);
}
