#include "cstandin.h"
volatile uint8_t cstandin_trace;
