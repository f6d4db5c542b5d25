#pragma once
#include <stdint.h>
#include <spandsp.h>
/* The size of the G.722 state, which holds no pointers and so may be copied. */
#include <spandsp/private/g722.h>
