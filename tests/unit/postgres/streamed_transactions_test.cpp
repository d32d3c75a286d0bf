// Transactions in progress, kept until they are committed: interleaved, rolled back in part or whole, and more than memory may hold.
#include "engine/postgres/streamed_transactions.h"

#include <vector>

#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::postgres;

namespace {

std::vector<std::string> all(StreamedMessages& messages) {
  std::vector<std::string> out;
  std::string_view message;
  while (messages.next(message)) out.emplace_back(message);
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("interleaved transactions come out each by itself, in order", "[streamed]") {
  StreamedTransactions open(temporary_folder(), 1 << 20);
  open.append(10, 10, "a1");
  open.append(20, 20, "b1");
  open.append(10, 11, "a2");
  open.append(20, 20, "b2");
  open.append(10, 10, "");
  CHECK(open.count() == 2);
  CHECK(all(*open.take(20)) == Texts{"b1", "b2"});
  CHECK(all(*open.take(10)) == Texts{"a1", "a2", ""});
  CHECK(all(*open.take(30)).empty());
  CHECK(open.count() == 0);
  CHECK(open.bytes_in_memory() == 0);
}

TEST_CASE("what is rolled back to a savepoint is left out", "[streamed]") {
  StreamedTransactions open(temporary_folder(), 1 << 20);
  open.append(10, 10, "kept");
  open.append(10, 11, "gone");
  open.append(10, 12, "gone, nested");
  open.roll_back(10, 12);
  open.roll_back(10, 11);
  open.append(10, 13, "after");
  open.roll_back(99, 98);  // streamed nothing
  CHECK(all(*open.take(10)) == Texts{"kept", "after"});
  open.append(40, 41, "x");
  open.roll_back(40, 40);
  CHECK(open.count() == 0);
  CHECK(open.bytes_in_memory() == 0);
}

TEST_CASE("memory stays below its bound, and the files give back what they got", "[streamed]") {
  constexpr size_t kMemory = 1 << 20;
  StreamedTransactions open(temporary_folder(), kMemory);
  std::vector<Texts> wanted(8);
  for (uint32_t i = 0; i < 40'000; ++i) {
    const uint32_t which = i * 7 % 8;
    wanted[which].push_back(std::string(i % 900, static_cast<char>('a' + i % 26)) + std::to_string(i));
    open.append(100 + which, 200 + i % 3, wanted[which].back());
    REQUIRE(open.bytes_in_memory() <= kMemory + (size_t{512} << 10));  // one growing buffer beyond it
  }
  for (uint32_t which = 0; which < 8; ++which) CHECK((all(*open.take(100 + which)) == wanted[which]));
  CHECK(open.bytes_in_memory() == 0);
}
