// Rows that are more than memory may hold, in a temporary file without a name: it goes away with us, however we end. Written by one
// snapshot worker, then handed over and read once by the applier. Throws Error(state) when the file cannot be made, written or read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/unnamed_file.h"
#include "pipeline/row_source.h"

namespace tidemark {

class SpillFile : public RowSource {
 public:
  /// In the folder `folder`; `columns`: of each row.
  SpillFile(const std::string& folder, size_t columns);

  void append(const RowBlock& block);

  std::unique_ptr<RowBlock> next() override;
  uint64_t row_count() const override { return rows_; }
  uint64_t bytes() const override { return bytes_; }

 private:
  struct Header {
    uint64_t rows, value_bytes, payload_bytes;
  };
  void write(const char* data, size_t size);
  void read(char* data, size_t size);

  const size_t columns_;
  UnnamedFile file_;
  uint64_t rows_ = 0, bytes_ = 0;
  uint64_t written_ = 0, read_ = 0;  // offsets in the file
  std::vector<char> buffer_;         // of the block being written
};

}  // namespace tidemark
