// Where statements, their answers and binlog events begin in the bytes of one connection, as far as a fault proxy has to know. Written
// from the protocols' documentation (dev.mysql.com "Client/Server Protocol", postgresql.org "Frontend/Backend Protocol"), not from
// tidemark's code; without TLS and compression. Owned by one connection of a proxy, used by its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::test {

enum class Direction : uint8_t { up, down };  // up: from tidemark to the server
enum class Protocol : uint8_t { none, mysql, postgres };

struct Mark {
  enum class Kind : uint8_t { statement, answer, event };
  Kind kind = Kind::statement;
  // A statement's SQL (its beginning); of an answer: that of its statement (MySQL), the command tag (PostgreSQL). What is neither has a
  // name: PostgreSQL's "password" and "standby status" are statements, "a row of COPY" is an answer; MySQL's "data of LOAD DATA" is a
  // statement, MariaDB's "bulk of rows" one with an answer. Of MySQL's packet of several statements that ends in COMMIT, ";COMMIT" is a
  // statement of its own and the last answer, and "OK before ;COMMIT" is each answer before.
  std::string text;
  uint8_t event_type = 0;  // of a binlog event; of PostgreSQL's stream: the letter of pgoutput's message
  uint32_t event_end = 0;  // its end in the log file, as its header says
  size_t begin = 0;        // where it begins, from the frame's first byte: a fault at 0 lets nothing of the frame through
  size_t bytes = 0;        // from there
};

/// Bytes that may go on once a fault at their mark has been considered.
struct Step {
  size_t bytes = 0;  // 0: it has to see more
  std::optional<Mark> mark;
};

class Wire {
 public:
  virtual ~Wire() = default;
  /// `bytes` begin where the last step of this direction ended.
  Step look(Direction direction, std::string_view bytes);

 protected:
  struct Frame {
    Step first;       // 0 bytes: it has to see more
    size_t rest = 0;  // of the frame, behind the first step
    size_t tail = 0;  // of the rest: a step of its own, for end()
  };
  /// `bytes` begin with a frame.
  virtual Frame begin(Direction direction, std::string_view bytes) = 0;
  virtual std::optional<Mark> end(Direction direction, std::string_view tail);

 private:
  Frame passing_[2];
};

std::unique_ptr<Wire> make_wire(Protocol protocol);
std::unique_ptr<Wire> make_mysql_wire();
std::unique_ptr<Wire> make_postgres_wire();

}  // namespace tidemark::test
