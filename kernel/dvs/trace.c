// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints of the subsystem.
 */
#include "wire.h"

#define CREATE_TRACE_POINTS
#include <trace/events/dvs.h>
