#include "config/load.h"

#include "config/effective.h"
#include "support/catch.h"

using namespace tidemark;

TEST_CASE("the commented example is accepted as it stands") {
  LoadOptions options;
  options.secrets_must_be_readable = false;
  LoadedConfig loaded = load_config_with(TIDEMARK_SOURCE_DIR "/conf/tidemark.yaml", options);
  CHECK(loaded.config.pipelines.size() == 2);
  std::string yaml = effective_yaml(loaded.config);
  INFO(yaml);
  for (const Problem& p : loaded.warnings) INFO(p.text);
  CHECK(yaml.find("chunk_rows: 8096") != std::string::npos);
}
