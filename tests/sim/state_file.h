// The simulated state file: what it holds, and what may become of it. Owned by one history; survives the daemon.
#pragma once

#include <array>
#include <optional>

#include "sim/tables.h"
#include "tidemark/error.h"
#include "tidemark/state.h"

namespace tidemark::sim {

class StateFile {
 public:
  struct Contents {
    StoredPipeline pipeline;
    std::optional<std::array<uint64_t, kTablesMax>> schemas;  // Source::alters() of the schemas that are stored
  };
  const Contents& contents() const { return now_; }
  void save_commit(const Position& position, const std::vector<ChunkRecord>& chunks) {
    write();
    now_.pipeline.found = true;
    now_.pipeline.position = position;
    now_.pipeline.chunks.insert(now_.pipeline.chunks.end(), chunks.begin(), chunks.end());
  }
  void save_schemas(const std::array<uint64_t, kTablesMax>& schemas) {
    write();
    now_.pipeline.found = true;
    now_.schemas = before_.schemas = schemas;  // once a session, and safe; the mirror of commits is what may lag
  }
  void rebuild(const SavedState& from_sink) {
    write();
    now_.pipeline.found = true;
    now_.pipeline.position = from_sink.position;
    now_.pipeline.chunks = from_sink.chunks;
  }
  void fill_disk() { full_ = true; }
  bool full() const { return full_; }
  void free_disk() { full_ = false; }
  void lose() { now_ = before_ = {}; }
  void lose_writes() { now_ = before_; }

 private:
  void write() {
    if (full_) throw Error(ErrorKind::state, "writing the state file", "no space left on device");
    before_ = now_;
  }
  Contents now_, before_;
  bool full_ = false;
};

}  // namespace tidemark::sim
