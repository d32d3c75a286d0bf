#include "engine/mysql/sql_lexer.h"

namespace tidemark::mysql {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v' || c == '\0'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
 public:
  Lexer(std::string_view text, bool ansi_quotes, bool no_backslash_escapes)
      : text_(text), ansi_quotes_(ansi_quotes), no_escapes_(no_backslash_escapes) {}

  Token next() {
    skip_space();
    if (at_ >= text_.size()) return {};
    char c = text_[at_];
    if (c == '`') return quoted(c, Token::Kind::name, false);
    if (c == '"') return quoted(c, ansi_quotes_ ? Token::Kind::name : Token::Kind::string, !ansi_quotes_);
    if (c == '\'') return quoted(c, Token::Kind::string, true);
    Token token;
    if (is_word(c)) {
      size_t from = at_;
      while (at_ < text_.size() && is_word(text_[at_])) ++at_;
      token.kind = Token::Kind::word;
      token.text = std::string(text_.substr(from, at_ - from));
      token.upper = token.text;
      for (char& u : token.upper) u = u >= 'a' && u <= 'z' ? static_cast<char>(u - 32) : u;
      return token;
    }
    token.kind = Token::Kind::sign;
    token.text = std::string(1, c);
    ++at_;
    return token;
  }

 private:
  bool starts(std::string_view with) const { return text_.substr(at_, with.size()) == with; }

  void skip_space() {
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (is_space(c)) {
        ++at_;
      } else if (c == '#' || (starts("--") && (at_ + 2 >= text_.size() || is_space(text_[at_ + 2])))) {
        size_t end = text_.find('\n', at_);
        at_ = end == std::string_view::npos ? text_.size() : end + 1;
      } else if (starts("/*!") || starts("/*M!")) {
        at_ += starts("/*!") ? 3 : 4;
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        ++versioned_;
      } else if (starts("/*")) {
        size_t end = text_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else if (versioned_ > 0 && starts("*/")) {
        at_ += 2;
        --versioned_;
      } else {
        return;
      }
    }
  }

  Token quoted(char quote, Token::Kind kind, bool escapes) {
    Token token;
    token.kind = kind;
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '\\' && escapes && !no_escapes_ && at_ + 1 < text_.size()) {
        token.text.push_back(text_[++at_]);
      } else if (c != quote) {
        token.text.push_back(c);
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
        token.text.push_back(c);
        ++at_;
      } else {
        ++at_;
        break;
      }
    }
    return token;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool ansi_quotes_, no_escapes_;
  unsigned versioned_ = 0;  // open /*! comments
};

}  // namespace

std::vector<Token> cut_tokens(std::string_view text, bool ansi_quotes, bool no_backslash_escapes, size_t limit) {
  std::vector<Token> tokens;
  Lexer lexer(text, ansi_quotes, no_backslash_escapes);
  while (tokens.size() < limit) {
    tokens.push_back(lexer.next());
    if (tokens.back().kind == Token::Kind::end) break;
  }
  return tokens;
}

}  // namespace tidemark::mysql
