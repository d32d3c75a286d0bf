// Tells glibc's malloc how this process uses memory. Called once, before threads start. No errors.
#pragma once

namespace tidemark {

void set_up_allocator();

}  // namespace tidemark
