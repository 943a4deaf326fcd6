#ifndef BELFRY_CLINUX_SHIMS_H
#define BELFRY_CLINUX_SHIMS_H

// What Swift's Glibc module leaves out.
#include <sys/epoll.h>
#include <sys/eventfd.h>

#endif
