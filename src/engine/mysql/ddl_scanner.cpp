#include "engine/mysql/ddl_scanner.h"

#include <algorithm>
#include <initializer_list>

#include "engine/mysql/sql_lexer.h"

namespace tidemark::mysql {

namespace {

constexpr size_t kTokensMax = 200000;  // a CREATE TABLE with 4096 columns has far fewer

class Scanner {
 public:
  Scanner(std::vector<Token> tokens, std::string_view database) : tokens_(std::move(tokens)), database_(database) {}

  Statement run() {
    statement();
    return std::move(out_);
  }

 private:
  const Token& peek(size_t ahead = 0) const {
    static const Token end;
    return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead] : end;
  }
  bool ended() const { return peek().kind == Token::Kind::end; }
  bool accept(std::string_view keyword) {
    if (!peek().is(keyword)) return false;
    ++at_;
    return true;
  }
  bool accept_any(std::initializer_list<std::string_view> keywords) {
    return std::any_of(keywords.begin(), keywords.end(), [&](std::string_view k) { return accept(k); });
  }
  bool accept_sign(char c) {
    if (!peek().sign(c)) return false;
    ++at_;
    return true;
  }
  bool accept_if_exists() {
    if (!accept("IF")) return false;
    accept("NOT");
    return accept("EXISTS");
  }
  void kind(StatementKind k) { out_.kind = k; }

  bool identifier(std::string& out) {
    const Token& token = peek();
    if (token.kind != Token::Kind::word && token.kind != Token::Kind::name) return false;
    out = token.text;
    ++at_;
    return true;
  }
  // [database.]table; ".table" means the default database
  bool table_name(TableName& out) {
    out = {std::string(database_), {}};
    if (accept_sign('.')) return identifier(out.table);
    if (!identifier(out.table)) return false;
    if (!accept_sign('.')) return true;
    out.database = std::move(out.table);
    return identifier(out.table);
  }

  void statement() {
    accept_sign('(');
    while (accept("SET") && accept("STATEMENT")) {  // MariaDB: SET STATEMENT a=1 FOR <statement>
      while (!ended() && !peek().is("FOR")) ++at_;
      if (!accept("FOR")) return;
    }
    if (at_ > 0 && tokens_[at_ - 1].is("SET")) return kind(StatementKind::harmless);
    if (ended()) return kind(StatementKind::harmless);
    const std::string verb = peek().upper;
    ++at_;
    if (verb == "BEGIN") return kind(StatementKind::begin);
    if (verb == "START") return accept("TRANSACTION") ? kind(StatementKind::begin) : kind(StatementKind::unknown);
    if (verb == "COMMIT") return kind(StatementKind::commit);
    if (verb == "ROLLBACK") return rollback();
    if (verb == "SAVEPOINT") return name_argument(StatementKind::savepoint);
    if (verb == "XA") return xa();
    if (verb == "ALTER") return alter();
    if (verb == "CREATE") return create();
    if (verb == "DROP") return drop();
    if (verb == "RENAME") return rename();
    if (verb == "TRUNCATE") return truncate();
    if (verb == "INSERT" || verb == "REPLACE" || verb == "UPDATE" || verb == "DELETE" || verb == "LOAD") return data(verb);
    if (verb == "CALL" || verb == "WITH" || verb == "DO" || verb == "SELECT") return kind(StatementKind::data_change);
    for (std::string_view harmless :
         {"GRANT", "REVOKE", "ANALYZE", "OPTIMIZE", "REPAIR", "CHECK", "FLUSH", "RELEASE", "USE", "INSTALL", "UNINSTALL", "CACHE"}) {
      if (verb == harmless) return kind(StatementKind::harmless);
    }
  }

  void rollback() {
    accept("WORK");
    if (!accept("TO")) return kind(StatementKind::rollback);
    accept("SAVEPOINT");
    name_argument(StatementKind::rollback_to);
  }
  void name_argument(StatementKind k) {
    if (identifier(out_.argument)) kind(k);
  }

  // The servers write XA statements themselves: XA COMMIT X'61',X'',1
  void xa() {
    StatementKind k = StatementKind::unknown;
    if (accept_any({"START", "BEGIN"}))
      k = StatementKind::xa_start;
    else if (accept("END"))
      k = StatementKind::xa_end;
    else if (accept("COMMIT"))
      k = StatementKind::xa_commit;
    else if (accept("ROLLBACK"))
      k = StatementKind::xa_rollback;
    for (int part = 0; part < 2; ++part) {
      if (!accept("X") || peek().kind != Token::Kind::string) return;
      out_.argument += "X'";
      for (char c : peek().text) out_.argument.push_back(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
      out_.argument += "',";
      ++at_;
      if (!accept_sign(',')) return;
    }
    if (peek().kind != Token::Kind::word) return;
    out_.argument += peek().text;
    kind(k);
  }

  void alter() {
    while (accept_any({"ONLINE", "OFFLINE", "IGNORE"})) {
    }
    if (!accept("TABLE")) return other_object();
    accept_if_exists();
    TableName table;
    if (!table_name(table)) return;
    accept_wait();
    if (alter_clauses_harmless()) return kind(StatementKind::harmless);
    out_.changed.push_back(table);
    int depth = 0;
    for (; !ended(); ++at_) {
      if (peek().sign('(')) ++depth;
      if (peek().sign(')')) --depth;
      if (depth > 0) continue;
      TableName other;
      size_t back = at_;
      if (accept("RENAME") && !peek().is("COLUMN") && !peek().is("INDEX") && !peek().is("KEY")) {
        if (!accept_any({"TO", "AS"})) accept_sign('=');
        if (table_name(other)) out_.created.push_back(other);
      } else if (at_ = back; accept_any({"WITH", "CONVERT"}) && accept("TABLE")) {
        if (table_name(other)) out_.changed.push_back(other);
      } else if (at_ = back; accept("TO") && accept("TABLE")) {
        if (table_name(other)) out_.created.push_back(other);
      }
      at_ = back;
    }
    kind(StatementKind::table_change);
  }

  // Every clause only adds or renames an index, or sets an option that no row and no column notices.
  bool alter_clauses_harmless() {
    if (ended()) return true;
    int depth = 0;
    bool clause_start = true;
    for (size_t i = 0; peek(i).kind != Token::Kind::end; ++i) {
      const Token& token = peek(i);
      if (clause_start && !harmless_clause(i)) return false;
      clause_start = false;
      if (token.sign('(')) ++depth;
      if (token.sign(')')) --depth;
      if (depth == 0 && token.sign(',')) clause_start = true;
    }
    return tokens_.back().kind == Token::Kind::end;
  }
  bool harmless_clause(size_t i) const {
    auto any = [&](size_t at, std::initializer_list<std::string_view> words) {
      return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return peek(at).is(w); });
    };
    if (peek(i).is("ADD")) return any(i + 1, {"INDEX", "KEY", "UNIQUE", "FULLTEXT", "SPATIAL"});
    if (peek(i).is("RENAME") || peek(i).is("ALTER")) return any(i + 1, {"INDEX", "KEY"});
    if (any(i, {"ENABLE", "DISABLE"})) return any(i + 1, {"KEYS"});
    return any(i, {"FORCE", "AUTO_INCREMENT", "COMMENT", "ALGORITHM", "LOCK", "STATS_PERSISTENT", "STATS_AUTO_RECALC", "STATS_SAMPLE_PAGES",
                   "ROW_FORMAT", "KEY_BLOCK_SIZE"}) &&
           !clause_has(i, {"PARTITION", "CONVERT", "DROP", "MODIFY", "CHANGE"});
  }
  bool clause_has(size_t i, std::initializer_list<std::string_view> words) const {
    for (; peek(i).kind != Token::Kind::end && !peek(i).sign(','); ++i) {
      for (std::string_view w : words) {
        if (peek(i).is(w)) return true;
      }
    }
    return false;
  }

  void accept_wait() {
    if (accept("NOWAIT")) return;
    if (accept("WAIT")) ++at_;
  }

  // After CREATE, ALTER or DROP: anything that is not a table. Words before the object's kind (OR REPLACE, DEFINER = a@b,
  // SQL SECURITY ...) are passed over; a kind that we do not know stays unknown.
  void other_object() {
    for (size_t steps = 0; !ended() && steps < 40; ++steps) {
      for (std::string_view object : {"VIEW",       "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT",    "USER",   "ROLE",     "SERVER",
                                      "TABLESPACE", "LOGFILE", "UNDO",      "SEQUENCE", "DATABASE", "SCHEMA", "INSTANCE", "RESOURCE",
                                      "PACKAGE",    "LIBRARY", "SPATIAL",   "PREPARE",  "CATALOG",  "INDEX"}) {
        if (peek().is(object)) return kind(StatementKind::harmless);
      }
      if (peek().is("TABLE")) return;  // a table statement in a form that we do not know
      ++at_;
    }
  }

  void create() {
    bool replace = accept("OR");
    if (replace && !accept("REPLACE")) return;
    bool temporary = accept("TEMPORARY");
    if (!accept("TABLE")) return temporary && !peek().is("SEQUENCE") ? kind(StatementKind::unknown) : other_object();
    if (temporary) return kind(StatementKind::harmless);
    out_.if_not_exists = accept_if_exists();
    TableName table;
    if (!table_name(table)) return;
    if (replace) out_.changed.push_back(table);
    out_.created.push_back(table);
    for (; !ended(); ++at_) {
      if (peek().is("START") && peek(1).is("TRANSACTION")) out_.starts_rows = true;
    }
    kind(StatementKind::table_change);
  }

  void drop() {
    if (accept("TEMPORARY")) return kind(StatementKind::harmless);
    if (accept_any({"DATABASE", "SCHEMA"})) {
      accept_if_exists();
      std::string name;
      if (!identifier(name)) return;
      out_.changed.push_back({name, {}});
      return kind(StatementKind::table_change);
    }
    if (accept("INDEX")) return drop_index();
    if (!accept_any({"TABLE", "TABLES"})) return other_object();
    accept_if_exists();
    do {
      TableName table;
      if (!table_name(table)) return;
      out_.changed.push_back(table);
    } while (accept_sign(','));
    kind(StatementKind::table_change);
  }

  void drop_index() {
    accept_if_exists();
    TableName table;
    if (!identifier(out_.dropped_index) || !accept("ON") || !table_name(table)) return;
    out_.changed.push_back(table);
    kind(StatementKind::table_change);
  }

  void rename() {
    if (accept("USER")) return kind(StatementKind::harmless);
    if (!accept_any({"TABLE", "TABLES"})) return;
    accept_if_exists();
    do {
      TableName from, to;
      if (!table_name(from)) return;
      accept_wait();
      if (!accept("TO") || !table_name(to)) return;
      out_.changed.push_back(from);
      out_.created.push_back(to);
    } while (accept_sign(','));
    if (ended()) kind(StatementKind::table_change);
  }

  void truncate() {
    accept("TABLE");
    TableName table;
    if (!table_name(table)) return;
    out_.changed.push_back(table);
    accept_wait();
    kind(ended() ? StatementKind::truncate : StatementKind::table_change);
  }

  void data(const std::string& verb) {
    if (verb == "LOAD" && peek().is("INDEX")) return kind(StatementKind::harmless);
    kind(StatementKind::data_change);
    if (verb == "LOAD") {
      while (!ended() && !(peek().is("INTO") && peek(1).is("TABLE"))) ++at_;
      at_ += 2;
    } else {
      while (accept_any({"LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "QUICK", "IGNORE"})) {
      }
      if (verb == "DELETE" && !accept("FROM")) return;
      if (verb != "DELETE" && verb != "UPDATE") accept("INTO");
    }
    TableName table;
    if (!table_name(table)) return;
    out_.empties_table = verb == "DELETE" && ended();
    // Several targets are not worked out: the statement then has none that is plain to see.
    for (; !ended() && !peek().is("SET") && !peek().is("WHERE") && !peek().sign('('); ++at_) {
      if (verb != "INSERT" && verb != "REPLACE" && verb != "LOAD" && (peek().sign(',') || peek().is("JOIN") || peek().is("USING"))) return;
    }
    out_.written.push_back(table);
  }

  std::vector<Token> tokens_;
  std::string_view database_;
  size_t at_ = 0;
  Statement out_;
};

}  // namespace

Statement scan_statement(std::string_view text, std::string_view default_database, bool ansi_quotes, bool no_backslash_escapes) {
  if (text == "BEGIN") {  // the one that every MySQL transaction starts with
    Statement begin;
    begin.kind = StatementKind::begin;
    return begin;
  }
  // MariaDB writes this in place of an event that it thinks we cannot read.
  if (text.substr(0, 13) == "# Dummy event") return {};
  // Statements that only change rows may be megabytes of values; their beginning says enough.
  return Scanner(cut_tokens(text, ansi_quotes, no_backslash_escapes, kTokensMax), default_database).run();
}

}  // namespace tidemark::mysql
