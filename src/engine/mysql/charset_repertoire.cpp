#include "engine/mysql/charset_repertoire.h"

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/mysql/charset.h"

namespace tidemark::mysql {
namespace {

using Repertoire = std::vector<bool>;  // by code point, of the basic plane

/// The code point of well-formed UTF-8 of at most three bytes; advances `p`.
uint32_t next_code(const char*& p) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(p[i])); };
  const uint32_t lead = byte(0);
  uint32_t code = lead;
  size_t size = 1;
  if (lead >= 0xe0)
    code = (lead & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f), size = 3;
  else if (lead >= 0xc0)
    code = (lead & 0x1f) << 6 | (byte(1) & 0x3f), size = 2;
  p += size;
  return code;
}

/// What the bytes of one character decode to; '?' stands for what is none.
void note(const Charset& charset, const std::string& bytes, Repertoire& out) {
  const std::string text = charset.to_utf8(bytes);
  if (text.empty() || static_cast<uint8_t>(text[0]) >= 0xf0) return;
  const char* p = text.data();
  const uint32_t code = next_code(p);
  if (p == text.data() + text.size() && (code != '?' || bytes == "?")) out[code] = true;
}

Repertoire read_repertoire(const Charset& charset) {
  Repertoire out(0x10000);
  for (int first = 0; first < 256; ++first) {
    note(charset, std::string(1, static_cast<char>(first)), out);
    if (charset.form() != Charset::Form::double_byte || first < 0x80) continue;
    for (int second = 0x20; second < 256; ++second) {
      note(charset, {static_cast<char>(first), static_cast<char>(second)}, out);
      if (first != 0x8f || charset.bytes_max() < 3) continue;
      for (int third = 0xa1; third < 256; ++third)
        note(charset, {static_cast<char>(first), static_cast<char>(second), static_cast<char>(third)}, out);
    }
  }
  return out;
}

const Repertoire& repertoire(const Charset& charset) {
  static std::mutex mutex;
  static std::map<std::string, Repertoire, std::less<>> known;
  const std::lock_guard lock(mutex);
  const auto it = known.find(charset.name());
  return it != known.end() ? it->second : known.emplace(charset.name(), read_repertoire(charset)).first->second;
}

}  // namespace

bool in_repertoire(std::string_view name, std::string_view utf8, uint8_t longest) {
  const Charset* charset = charset_by_name(name);
  if (charset == nullptr || charset->is_binary()) return true;
  switch (charset->form()) {
    case Charset::Form::pass: return charset->name() == "ascii" ? longest <= 1 : longest <= charset->bytes_max();
    case Charset::Form::ucs2: return longest <= 3;
    case Charset::Form::utf16:
    case Charset::Form::utf16le:
    case Charset::Form::utf32:
    case Charset::Form::gb18030: return true;
    case Charset::Form::single_byte:
    case Charset::Form::double_byte: break;
  }
  if (longest > 3) return false;
  const Repertoire& known = repertoire(*charset);
  for (const char* p = utf8.data(); p < utf8.data() + utf8.size();) {
    if (!known[next_code(p)]) return false;
  }
  return true;
}

}  // namespace tidemark::mysql
