// Messages kept for later: in memory, and in the file beyond that.
#include "base/message_spool.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "tidemark/error.h"

using namespace tidemark;

namespace {

MessageSpool spool_here() { return MessageSpool(temporary_folder(), "keeping messages", "Free space there."); }

}  // namespace

TEST_CASE("messages come back as they were, from memory and from the file") {
  for (size_t count : {3u, 900u}) {
    MessageSpool spool = spool_here();
    std::vector<std::string> messages;
    for (size_t i = 0; i < count; ++i) {
      messages.push_back(std::string(i * 7 % 2000, static_cast<char>('a' + i % 26)));
      spool.append(messages.back());
    }
    uint64_t mark = spool.size();
    for (int i = 0; i < 500; ++i) spool.append(std::string(1000, 'z'));
    spool.cut_back(mark);
    spool.append("last");
    messages.emplace_back("last");
    std::string_view message;
    for (const std::string& want : messages) {
      REQUIRE(spool.next(message));
      REQUIRE(message == want);
    }
    CHECK_FALSE(spool.next(message));
  }
}

TEST_CASE("cutting back into what is already in the file") {
  MessageSpool spool = spool_here();
  spool.append("first");
  uint64_t mark = spool.size();
  for (int i = 0; i < 1000; ++i) spool.append(std::string(1000, 'x'));
  spool.cut_back(mark);
  spool.append("second");
  std::string_view message;
  REQUIRE(spool.next(message));
  CHECK(message == "first");
  REQUIRE(spool.next(message));
  CHECK(message == "second");
  CHECK_FALSE(spool.next(message));
}

TEST_CASE("messages of any size, read through a window of the file") {
  MessageSpool spool = spool_here();
  std::vector<std::string> messages;
  for (size_t size : {0u, 1u, 300'000u, 5u, 262'140u, 262'144u, 0u, 1'000'000u, 17u}) {
    messages.emplace_back(size, static_cast<char>('a' + messages.size()));
    spool.append(messages.back());
  }
  spool.flush();
  std::string_view message;
  for (const std::string& want : messages) {
    REQUIRE(spool.next(message));
    CHECK((message == want));
  }
  CHECK_FALSE(spool.next(message));
  CHECK(spool.bytes_in_memory() < 4'000'000);
}

TEST_CASE("a folder that takes no file is named, with what to do") {
  MessageSpool spool("/nowhere/at/all", "keeping messages", "Free space there.");
  spool.append("a message");
  try {
    spool.flush();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::state);
    CHECK(error.what_failed() == "keeping messages in a temporary file in /nowhere/at/all");
    CHECK(error.hint() == "Free space there.");
  }
}
