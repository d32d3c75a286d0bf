#include "model/json_canonical.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

namespace tidemark {
namespace {

constexpr int kDepthMax = 500;        // MySQL allows 100, MariaDB 32
constexpr long kExponentMax = 20000;  // jsonb's numeric ends at 16383 fraction digits

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(uint32_t code, std::string& out) {
  auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6), put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f)), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  }
}

void append_quoted(std::string_view text, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<uint8_t>(c) < 0x20) {
      out += "\\u00";
      out.push_back(kHex[static_cast<uint8_t>(c) >> 4]);
      out.push_back(kHex[static_cast<uint8_t>(c) & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

class Canonicaliser {
 public:
  explicit Canonicaliser(std::string_view json) : p_(json.data()), end_(p_ + json.size()) {}

  bool document(std::string& out) {
    if (!value(out, 0)) return false;
    skip_spaces();
    return p_ == end_;
  }
  bool only_number(std::string& out) { return number(out) && p_ == end_; }

 private:
  void skip_spaces() {
    while (p_ < end_ && (*p_ == ' ' || *p_ == '\t' || *p_ == '\n' || *p_ == '\r')) ++p_;
  }
  bool take(char c) {
    skip_spaces();
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }
  bool word(std::string_view text, std::string& out) {
    if (static_cast<size_t>(end_ - p_) < text.size() || std::string_view(p_, text.size()) != text) return false;
    p_ += text.size();
    out += text;
    return true;
  }

  bool value(std::string& out, int depth) {
    skip_spaces();
    if (p_ == end_ || depth > kDepthMax) return false;
    switch (*p_) {
      case '{': return object(out, depth);
      case '[': return array(out, depth);
      case '"': {
        std::string text;
        if (!string(text)) return false;
        append_quoted(text, out);
        return true;
      }
      case 't': return word("true", out);
      case 'f': return word("false", out);
      case 'n': return word("null", out);
      default: return number(out);
    }
  }

  bool array(std::string& out, int depth) {
    ++p_;
    out.push_back('[');
    if (take(']')) return out.push_back(']'), true;
    do {
      if (!value(out, depth + 1)) return false;
      out.push_back(',');
    } while (take(','));
    out.back() = ']';
    return take(']');
  }

  bool object(std::string& out, int depth) {
    ++p_;
    std::vector<std::pair<std::string, std::string>> members;
    if (!take('}')) {
      do {
        skip_spaces();
        std::string key, text;
        if (p_ == end_ || *p_ != '"' || !string(key) || !take(':') || !value(text, depth + 1)) return false;
        members.emplace_back(std::move(key), std::move(text));
      } while (take(','));
      if (!take('}')) return false;
    }
    std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
      return a.first.size() != b.first.size() ? a.first.size() < b.first.size() : a.first < b.first;
    });
    out.push_back('{');
    bool first = true;
    for (size_t i = 0; i < members.size(); ++i) {
      if (i + 1 < members.size() && members[i + 1].first == members[i].first) continue;  // the last of equal keys is kept
      if (!first) out.push_back(',');
      first = false;
      append_quoted(members[i].first, out);
      out.push_back(':');
      out += members[i].second;
    }
    out.push_back('}');
    return true;
  }

  bool hex4(uint32_t& code) {
    if (end_ - p_ < 4) return false;
    code = 0;
    for (int i = 0; i < 4; ++i, ++p_) {
      char c = *p_;
      if (is_digit(c))
        code = code * 16 + static_cast<uint32_t>(c - '0');
      else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        code = code * 16 + static_cast<uint32_t>((c | 0x20) - 'a' + 10);
      else
        return false;
    }
    return true;
  }

  bool unicode_escape(std::string& out) {
    uint32_t code = 0;
    if (!hex4(code)) return false;
    if (code >= 0xd800 && code < 0xdc00 && end_ - p_ >= 6 && p_[0] == '\\' && p_[1] == 'u') {
      const char* before = p_;
      p_ += 2;
      uint32_t low = 0;
      if (!hex4(low)) return false;
      if (low >= 0xdc00 && low < 0xe000)
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      else
        p_ = before;
    }
    append_utf8(code, out);
    return true;
  }

  bool string(std::string& out) {
    ++p_;
    while (p_ < end_) {
      char c = *p_++;
      if (c == '"') return true;
      if (c != '\\') {
        out.push_back(c);
        continue;
      }
      if (p_ == end_) return false;
      switch (char escaped = *p_++) {
        case '"':
        case '\\':
        case '/': out.push_back(escaped); break;
        case 'b': out.push_back('\b'); break;
        case 'f': out.push_back('\f'); break;
        case 'n': out.push_back('\n'); break;
        case 'r': out.push_back('\r'); break;
        case 't': out.push_back('\t'); break;
        case 'u':
          if (!unicode_escape(out)) return false;
          break;
        default: return false;
      }
    }
    return false;
  }

  bool number(std::string& out) {
    const bool negative = p_ < end_ && *p_ == '-';
    if (negative) ++p_;
    std::string digits;
    while (p_ < end_ && is_digit(*p_)) digits.push_back(*p_++);
    if (digits.empty()) return false;
    long point = static_cast<long>(digits.size());
    if (p_ < end_ && *p_ == '.') {
      ++p_;
      while (p_ < end_ && is_digit(*p_)) digits.push_back(*p_++);
    }
    if (p_ < end_ && (*p_ | 0x20) == 'e') {
      ++p_;
      const bool down = p_ < end_ && *p_ == '-';
      if (p_ < end_ && (*p_ == '-' || *p_ == '+')) ++p_;
      if (p_ == end_ || !is_digit(*p_)) return false;
      long exponent = 0;
      while (p_ < end_ && is_digit(*p_)) exponent = std::min(exponent * 10 + (*p_++ - '0'), kExponentMax);
      point += down ? -exponent : exponent;
    }
    append_number(negative, digits, point, out);
    return true;
  }

  /// `digits` with the decimal point before index `point`, which may lie outside of them.
  static void append_number(bool negative, std::string digits, long point, std::string& out) {
    if (point < 0) {
      digits.insert(0, static_cast<size_t>(-point), '0');
      point = 0;
    }
    if (static_cast<size_t>(point) > digits.size()) digits.append(static_cast<size_t>(point) - digits.size(), '0');
    std::string whole = digits.substr(0, static_cast<size_t>(point)), fraction = digits.substr(static_cast<size_t>(point));
    whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
    fraction.erase(fraction.find_last_not_of('0') + 1);
    if (negative && !(whole.empty() && fraction.empty())) out.push_back('-');
    out += whole.empty() ? "0" : whole;
    if (!fraction.empty()) out += "." + fraction;
  }

  const char* p_;
  const char* end_;
};

}  // namespace

std::optional<std::string> canonical_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  if (!Canonicaliser(json).document(out)) return std::nullopt;
  return out;
}

std::optional<std::string> canonical_number(std::string_view number) {
  std::string out;
  if (!Canonicaliser(number).only_number(out)) return std::nullopt;
  return out;
}

}  // namespace tidemark
