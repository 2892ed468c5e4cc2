#!/usr/bin/env bash
# deploy/sbom makes an SPDX 2.3 document that says the truth: what the format asks for is there, each package that the programs load is in it with
# the version that is installed, and nothing is that is not there.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${TREMORCAST_BINARY_DIR:-$root/build/dev}/bin
command -v jq > /dev/null || { echo "SKIPPED: no jq"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

export SOURCE_DATE_EPOCH=1700000000
"$root/deploy/sbom" "$bin/tremorcast-server" "$bin/tremorcast" > "$dir/sbom.json"

# What the schema of SPDX 2.3 asks for, of the objects that are in it. COUNT FILTER WHAT: so many that are at fault.
none() { [ "$(jq "[$1] | length" "$dir/sbom.json")" = 0 ] || fail "$2: $(jq -c "[$1][:3]" "$dir/sbom.json")"; }
jq -e '.spdxVersion == "SPDX-2.3" and .dataLicense == "CC0-1.0" and .SPDXID == "SPDXRef-DOCUMENT" and .name != "" and
  (.documentNamespace | test("^https://[^#]+$")) and (.creationInfo.created == "2023-11-14T22:13:20Z") and
  (.creationInfo.creators | all(test("^(Tool|Person|Organization): "))) and
  (keys - ["SPDXID", "creationInfo", "dataLicense", "documentNamespace", "name", "packages", "relationships", "spdxVersion"] == [])' \
  "$dir/sbom.json" > /dev/null || fail "the document: $(jq -c 'del(.packages, .relationships)' "$dir/sbom.json")"
none '.packages[] | select((.SPDXID | test("^SPDXRef-[A-Za-z0-9.-]+$") | not) or (.name | length) == 0 or (.versionInfo | length) == 0 or
  .downloadLocation != "NOASSERTION" or .filesAnalyzed != false)' "packages at fault"
none '.packages[] | keys - ["SPDXID", "checksums", "copyrightText", "downloadLocation", "externalRefs", "filesAnalyzed", "licenseConcluded",
  "licenseDeclared", "name", "sourceInfo", "versionInfo"] | .[]' "members that SPDX does not have"
none '.packages | group_by(.SPDXID)[] | select(length > 1)' "packages with one identifier"
none '.packages[].externalRefs[]? | select(.referenceCategory != "PACKAGE-MANAGER" or .referenceType != "purl" or
  (.referenceLocator | test("^pkg:(deb/debian|docker|npm)/[A-Za-z0-9%./_-]+@[A-Za-z0-9%._-]+([?]arch=(amd64|arm64|all))?$") | not))' "references"
none '.packages[].checksums[]? | select(.algorithm != "SHA256" or (.checksumValue | test("^[0-9a-f]{64}$") | not))' "checksums"
none '([.packages[].SPDXID] + ["SPDXRef-DOCUMENT"]) as $known | .relationships[] |
  select(([.spdxElementId, .relatedSpdxElement] - $known != []) or
    ([.relationshipType] - ["DESCRIBES", "CONTAINS", "DEPENDS_ON", "BUILD_DEPENDENCY_OF", "OPTIONAL_DEPENDENCY_OF", "DEV_TOOL_OF"] != []))' "relationships"
none '([.relationships[] | .spdxElementId, .relatedSpdxElement]) as $related | .packages[] | select([.SPDXID] - $related != [])' "packages of nobody"

# The truth, by another way to it.
# (The client's own document, for it loads a few libraries only.)
"$root/deploy/sbom" "$bin/tremorcast" > "$dir/client.json"
"$root/deploy/sbom" "$bin/tremorcast" | cmp - "$dir/client.json" || fail "the same program gives another document"
jq -r '. as $all | .relationships[] | select(.relationshipType == "DEPENDS_ON") | .relatedSpdxElement as $id | $all.packages[] | select(.SPDXID == $id) |
  select(.externalRefs != null) | .name' "$dir/client.json" | sort -u > "$dir/said"
"$root/deploy/runtime-packages" "$bin/tremorcast" > "$dir/loaded"
diff "$dir/said" "$dir/loaded" || fail "the packages of the document (<) are not those that the programs load (>)"
[ "$(wc -l < "$dir/said")" -gt 10 ] || fail "only a few packages are loaded"
jq -r '.packages[] | select(.externalRefs[0].referenceLocator // "" | startswith("pkg:deb/")) | .name + " " + .versionInfo' "$dir/sbom.json" |
  sort -u > "$dir/versions"
[ "$(wc -l < "$dir/versions")" -gt 100 ] || fail "only a few packages are in it"
dpkg-query -W -f '${Package} ${Version}\n' | sort -u | comm -13 - "$dir/versions" > "$dir/strange"
[ ! -s "$dir/strange" ] || fail "not what is installed: $(head -n 3 "$dir/strange")"
for program in tremorcast-server tremorcast; do
  said=$(jq -r --arg name $program '.packages[] | select(.name == $name and .checksums != null) | .checksums[0].checksumValue + " " + .versionInfo' "$dir/sbom.json")
  [ "$said" = "$(sha256sum "$bin/$program" | cut -d' ' -f1) $("$bin/$program" --version | cut -d' ' -f2)" ] || fail "$program: $said"
done
for name in libprotobuf-dev nlohmann-json3-dev postgres grafana/grafana axe-core @grpc/grpc-js; do
  jq -e --arg name $name 'any(.packages[]; .name == $name)' "$dir/sbom.json" > /dev/null || fail "$name is not in it"
done
if "$root/deploy/sbom" "$root/README.md" > /dev/null 2>&1; then fail "README.md is taken for a program"; fi
echo "ok: $(jq '.packages | length' "$dir/sbom.json") packages, $(wc -l < "$dir/said") of them loaded"
