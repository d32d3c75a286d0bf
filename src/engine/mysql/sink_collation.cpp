#include "engine/mysql/sink_collation.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace tidemark::mysql {
namespace {

struct Language {
  std::string_view mysql, mariadb;
};

// the same tailoring under two names
constexpr Language kLanguages[] = {
    {"is", "icelandic"}, {"lv", "latvian"},    {"ro", "romanian"},   {"sl", "slovenian"},     {"pl", "polish"},
    {"et", "estonian"},  {"es", "spanish"},    {"sv", "swedish"},    {"tr", "turkish"},       {"cs", "czech"},
    {"da", "danish"},    {"lt", "lithuanian"}, {"sk", "slovak"},     {"es_trad", "spanish2"}, {"la", "roman"},
    {"eo", "esperanto"}, {"hu", "hungarian"},  {"de_pb", "german2"}, {"vi", "vietnamese"},    {"hr", "croatian"},
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }
bool ends(std::string_view text, std::string_view end) { return text.size() >= end.size() && text.substr(text.size() - end.size()) == end; }

/// "utf8mb4_sv_0900_ai_ci", "utf8mb4_uca1400_swedish_nopad_ai_ci" in parts: language in MySQL's words, and "ai_ci", "as_cs" ...
struct Uca {
  bool known = false, no_pad = false;
  std::string_view language, strength;
};

Uca parse_mysql(std::string_view collation) {
  constexpr std::string_view kPrefix = "utf8mb4_";
  const size_t at = collation.find("0900_");
  if (collation.substr(0, kPrefix.size()) != kPrefix || at == std::string_view::npos) return {};
  Uca out{true, true, {}, collation.substr(at + 5)};
  if (at > kPrefix.size()) out.language = collation.substr(kPrefix.size(), at - kPrefix.size() - 1);
  if (out.strength == "as_cs_ks") out.strength = "as_cs";
  return out;
}

Uca parse_mariadb(std::string_view collation) {
  constexpr std::string_view kMark = "_uca1400_", kNoPad = "nopad_";
  const size_t at = collation.find(kMark);
  if (at == std::string_view::npos) return {};
  std::string_view rest = collation.substr(at + kMark.size());
  if (rest.size() < 5) return {};
  Uca out{true, false, {}, rest.substr(rest.size() - 5)};
  rest.remove_suffix(5);
  if (ends(rest, kNoPad)) out.no_pad = true, rest.remove_suffix(kNoPad.size());
  if (!rest.empty()) rest.remove_suffix(1);
  const auto* language = std::find_if(std::begin(kLanguages), std::end(kLanguages), [&](const Language& l) { return l.mariadb == rest; });
  if (language != std::end(kLanguages)) out.language = language->mysql;
  return out;
}

std::string mariadb_name(const Uca& uca) {
  const auto* language =
      std::find_if(std::begin(kLanguages), std::end(kLanguages), [&](const Language& l) { return l.mysql == uca.language; });
  const std::string named = language == std::end(kLanguages) ? "" : std::string(language->mariadb) + "_";
  return fmt::format("utf8mb4_uca1400_{}nopad_{}", named, uca.strength);
}

std::string mysql_name(const Uca& uca) {
  // of a language there are ai_ci and as_cs; of all together also as_ci
  std::string_view strength = uca.strength;
  if (strength == "ai_cs" || (strength == "as_ci" && !uca.language.empty())) strength = "as_cs";
  return fmt::format("utf8mb4_{}{}0900_{}", uca.language, uca.language.empty() ? "" : "_", strength);
}

/// Before MySQL 8.0.30 and MariaDB 10.6 utf8mb3 was called utf8.
std::string with_own_name_of_utf8(std::string_view name, const ServerFlavour& server) {
  const bool is_new = server.is_mariadb() ? server.version >= 100600 : server.version >= 80030;
  const auto named = [&](std::string_view prefix) {
    return name.substr(0, prefix.size()) == prefix && (name.size() == prefix.size() || name[prefix.size()] == '_');
  };
  if (is_new && named("utf8")) return "utf8mb3" + std::string(name.substr(4));
  if (!is_new && named("utf8mb3")) return "utf8" + std::string(name.substr(7));
  return std::string(name);
}

/// Nothing but its own name is in its place.
TextAttributes for_mariadb(const Column& column, bool in_key, const ServerFlavour& server) {
  if (column.charset == "gb18030") return exact_text(server);
  const Uca uca = parse_mysql(column.collation);
  if (!uca.known) return {column.charset, column.collation};
  if (uca.strength == "bin" || in_key || (uca.strength != "ai_ci" && !server.has_uca1400())) return exact_text(server);
  return {"utf8mb4", server.has_uca1400() ? mariadb_name(uca) : "utf8mb4_unicode_520_nopad_ci"};
}

TextAttributes for_mysql(const Column& column, bool in_key, const ServerFlavour& server) {
  const std::string& name = column.collation;
  const Uca uca = parse_mariadb(name);
  const bool own =
      uca.known || has(name, "_nopad_") || ends(name, "_mysql561_ci") || ends(name, "_myanmar_ci") || ends(name, "_thai_520_w2");
  if (!own) return {column.charset, name};
  if (in_key || name == "utf8mb4_nopad_bin") return exact_text(server);
  if (column.charset == "utf8mb4") return {"utf8mb4", uca.known ? mysql_name(uca) : "utf8mb4_0900_ai_ci"};
  // only utf8mb4 has collations without padding: what comparisons do with spaces at the end changes
  if (ends(name, "_bin") || (uca.known && uca.strength != "ai_ci")) return {column.charset, column.charset + "_bin"};
  if (uca.known || !has(name, "_nopad_")) return {column.charset, column.charset + "_unicode_520_ci"};
  std::string padded = name;
  padded.erase(padded.find("nopad_"), 6);
  return {column.charset, padded};
}

}  // namespace

std::string TextAttributes::sql() const {
  return (charset.empty() ? "" : " CHARACTER SET " + charset) + (collation.empty() ? "" : " COLLATE " + collation);
}

TextAttributes exact_text(const ServerFlavour& server) {
  return {"utf8mb4", server.is_mariadb() ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin"};
}

TextAttributes caseless_text(const ServerFlavour& server) {
  if (server.is_mariadb()) return server.has_uca1400() ? TextAttributes{"utf8mb4", "utf8mb4_uca1400_nopad_as_ci"} : exact_text(server);
  return {"utf8mb4", "utf8mb4_0900_as_ci"};
}

TextAttributes mapped_text(const Column& column, bool in_key, const ServerFlavour& server) {
  TextAttributes out = server.is_mariadb() ? for_mariadb(column, in_key, server) : for_mysql(column, in_key, server);
  return {with_own_name_of_utf8(out.charset, server), with_own_name_of_utf8(out.collation, server)};
}

namespace {

/// What a collation looks at, from its name.
struct Sight {
  bool exact = false;  // code points or bytes
  bool accents = false, cases = false, trailing_spaces = false;
};

Sight sight_of(std::string_view name) {
  Sight out;
  out.exact = ends(name, "_bin") || name == "binary";
  out.cases = out.exact || has(name, "_cs");
  out.accents = out.exact || has(name, "_as_") || ends(name, "_cs");
  out.trailing_spaces = name == "binary" || has(name, "_0900_") || has(name, "nopad");
  return out;
}

}  // namespace

bool is_exact(std::string_view collation) { return sight_of(collation).exact; }

bool tells_as_much_apart(std::string_view source, std::string_view target) {
  if (source == target) return true;
  const Sight from = sight_of(source), to = sight_of(target);
  if (from.trailing_spaces && !to.trailing_spaces) return false;
  if (to.exact) return true;
  if (from.exact) return false;
  const bool both_uca =
      (parse_mysql(source).known || parse_mariadb(source).known) && (parse_mysql(target).known || parse_mariadb(target).known);
  return both_uca && to.accents >= from.accents && to.cases >= from.cases;
}

}  // namespace tidemark::mysql
