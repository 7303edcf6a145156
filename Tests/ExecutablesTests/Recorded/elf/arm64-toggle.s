// What the tests read of arm64: an executable with the symbols of a toggle service. Made into arm64-toggle with
// clang --target=aarch64-linux-gnu -nostdlib -fuse-ld=lld -static-pie -Wl,--build-id -Wl,-z,max-page-size=4096
  .text
  .globl _start
_start:
  mov x0, #0
  mov x8, #93
  svc #0
  .type "*PlaceOS::LogBackend::trace:Bool", %function
"*PlaceOS::LogBackend::trace:Bool":
  adrp x0, "PlaceOS::LogBackend::trace"
  ldrb w0, [x0, :lo12:"PlaceOS::LogBackend::trace"]
  ret
  .bss
  .globl "PlaceOS::LogBackend::trace"
  .type "PlaceOS::LogBackend::trace", %object
  .size "PlaceOS::LogBackend::trace", 1
"PlaceOS::LogBackend::trace":
  .zero 1
