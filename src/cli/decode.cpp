// tidemark decode: a binlog file as JSON lines.
#include <iostream>

#include "cli/verbs.h"
#include "engine/mysql/decode_json.h"

namespace tidemark {
namespace {

int run(const Arguments& arguments) { return decode_file(arguments.operands[0], std::cout); }

}  // namespace

Verb decode_verb() {
  Verb verb;
  verb.name = "decode";
  verb.usage = "decode FILE|-";
  verb.summary = "a binlog file as JSON lines";
  verb.details =
      "Prints every event of a MySQL or MariaDB binlog file, one JSON object a line: its type and place, the GTID of each transaction,\n"
      "and the rows that changed, with their values. '-' reads from stdin. Needs no configuration and no server.\n\n"
      "Exit codes: 0 the whole file was understood, 65 it is damaged or has an event that is not understood.\n\n"
      "Examples:\n"
      "  tidemark decode /var/lib/mysql/binlog.000012\n"
      "  mariadb-binlog --raw --read-from-remote-server --to-last-log --result-file=/tmp/ binlog.000012 && tidemark decode "
      "/tmp/binlog.000012";
  verb.operands_min = 1;
  verb.operands_max = 1;
  verb.run = run;
  return verb;
}

}  // namespace tidemark
