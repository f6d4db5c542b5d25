#pragma once
#include <stdint.h>
#include <spandsp.h>
