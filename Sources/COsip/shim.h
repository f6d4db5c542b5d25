#pragma once
#include <stdarg.h>
#include <sys/time.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>
#include <osipparser2/osip_md5.h>

static inline void confab_osip_trace(
    const char *file, int line, osip_trace_level_t level, const char *format, va_list arguments) {
    (void)file, (void)line, (void)level, (void)format, (void)arguments;
}

/// Readies the parser and silences its tracing, which would go to standard output.
static inline void confab_osip_init(void) {
    osip_trace_initialize_func(OSIP_FATAL, confab_osip_trace);
    for (int level = OSIP_FATAL; level < END_TRACE_LEVEL; level++)
        osip_trace_disable_level((osip_trace_level_t)level);
    parser_init();
}
