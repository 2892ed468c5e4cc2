// Artifacts of the catalogue rung. What is accepted can be written, reads back to the same bytes, and
// describes itself.

#include "formats/etas_artifact_json.h"
#include "tests/fuzz/fuzz.h"

namespace tremorcast {

void FuzzOne(absl::string_view input) {
  const auto artifact = ReadEtasArtifact(input);
  if (!artifact.ok()) return;
  const auto written = WriteEtasArtifact(*artifact);
  FUZZ_CHECK(written.ok());
  const auto again = ReadEtasArtifact(*written);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(WriteEtasArtifact(*again).value() == *written);
  FUZZ_CHECK(!EtasManifestJson(*artifact).empty());
  FUZZ_CHECK(!DescribeEtasArtifact(*artifact).empty());
}

}  // namespace tremorcast
