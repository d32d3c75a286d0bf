// How a value of each form is read from the source and from the sinks, and what a sink must hold when the source prints a text: the
// documented mapping. Pure functions.
#pragma once

#include <optional>
#include <string>

#include "types/type_case.h"

namespace tidemark::test {

enum class SinkKind { postgres, sqlite, mysql };

/// SQL of the source that prints the column exactly. A PostgreSQL source prints it as this kind of sink is to hold it.
std::string source_print(const TypeCase& column, SinkKind sink);
/// SQL of a sink that prints the column exactly.
std::string sink_print(const TypeCase& column, SinkKind sink);
/// The sink's text in the form of expected_text.
std::string sink_text(const TypeCase& column, SinkKind sink, const std::string& text);
/// What the sink must print for the source's text; nullopt: NULL.
std::optional<std::string> expected_text(const TypeCase& column, SinkKind sink, const std::string& text);
/// The same of a PostgreSQL source's column.
std::string postgres_source_print(const TypeCase& column, SinkKind sink);
std::string postgres_sink_print(const TypeCase& column, SinkKind sink);
std::string postgres_sink_text(const TypeCase& column, SinkKind sink, const std::string& text);
std::optional<std::string> postgres_expected_text(const TypeCase& column, SinkKind sink, const std::string& text);
/// SQL of PostgreSQL whose result, and not the text itself, is expected; empty for forms where expected_text is all. {} is the text.
std::string postgres_conversion(const TypeCase& column);

}  // namespace tidemark::test
