#include "runtime/allocator.h"

#include <malloc.h>

namespace tidemark {

void set_up_allocator() {
  // Batches are made by one thread and freed by another: many malloc arenas would only keep memory back.
  mallopt(M_ARENA_MAX, 2);
  // Arena blocks come and go at the rate of the log. Mapped and returned each time, their page faults cost more than the decoding.
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
}

}  // namespace tidemark
