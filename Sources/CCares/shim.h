#pragma once
#include <netdb.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <ares.h>

static const int confab_ares_everything = ARES_LIB_INIT_ALL;
