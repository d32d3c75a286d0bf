// Text forms of PostgreSQL's types as MySQL and MariaDB hold them, and back: arrays and hstore as JSON, points and PostGIS's geometries as
// SRID and WKB, vectors as little-endian floats. Nothing is lost on the way. Pure; any thread; any
// bytes: what is malformed gives nullopt.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tidemark/schema.h"

namespace tidemark::mysql {

/// {1,NULL} is [1,null]. Elements are JSON numbers where the element type is one and each number of the array stays exact in JSON, else all
/// are strings; booleans are true and false; JSON documents are strings, since null is the SQL NULL. Lower bounds that are not 1 stand in
/// front: [0:1]={1,2} is {"[0:1]": [1,2]}.
std::optional<std::string> array_as_json(const Column& column, std::string_view text);
/// "a"=>"1", "b"=>NULL is {"a": "1", "b": null}.
std::optional<std::string> hstore_as_json(std::string_view text);

/// [1,2.5] as little-endian float32 items.
std::optional<std::string> vector_from_text(std::string_view text);
std::string vector_text(std::string_view items);

/// (1.5,-2) as SRID 0 and the WKB of a point.
std::optional<std::string> point_from_text(std::string_view text);
std::optional<std::string> point_text(std::string_view geometry);

/// PostGIS's hexadecimal EWKB as SRID and WKB; nullopt also for coordinates with Z or M and for curves and surfaces, which are not there.
std::optional<std::string> geometry_from_ewkb(std::string_view hex);
/// SRID and WKB in hexadecimal: how such a value is compared.
std::string hex_text(std::string_view bytes);

}  // namespace tidemark::mysql
