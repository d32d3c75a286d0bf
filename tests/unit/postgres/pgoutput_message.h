// Messages of pgoutput, put together by hand. Tests only.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::postgres {

/// Builds a message: letters, big-endian integers, texts that end with a zero byte.
class Message {
 public:
  explicit Message(char type) : out_(1, type) {}
  Message& byte(int v) { return raw({static_cast<char>(v)}); }
  Message& u16(uint16_t v) { return big(v, 2); }
  Message& u32(uint32_t v) { return big(v, 4); }
  Message& u64(uint64_t v) { return big(v, 8); }
  Message& text(const std::string& v) { return raw(v + '\0'); }
  Message& raw(const std::string& v) {
    out_ += v;
    return *this;
  }
  Message& field(char form, const std::string& v) { return byte(form).u32(static_cast<uint32_t>(v.size())).raw(v); }
  const std::string& bytes() const { return out_; }

 private:
  Message& big(uint64_t v, unsigned bytes) {
    while (bytes-- > 0) out_ += static_cast<char>(v >> (8 * bytes));
    return *this;
  }
  std::string out_;
};

}  // namespace tidemark::postgres
