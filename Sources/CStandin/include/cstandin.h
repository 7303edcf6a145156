#ifndef CSTANDIN_H
#define CSTANDIN_H
#include <stdint.h>
/// The trace flag of the Swift stand-in, under the symbol that Crystal gives to the real one.
extern volatile uint8_t cstandin_trace __asm__("PlaceOS::LogBackend::trace");
#endif
