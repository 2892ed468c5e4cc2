#pragma once

// Takes stations, regions and events to and from a server, page by page. Each call blocks; errors
// are the server's.

#include <cstdint>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <absl/types/span.h>
#include <google/protobuf/field_mask.pb.h>

#include "cli/calls/client.h"
#include "core/catalogue/completeness.h"
#include "core/catalogue/event.h"
#include "core/network/station_network.h"
#include "core/ports/event_store.h"
#include "core/readers/station_csv.h"
#include "tremorcast/v1/catalog_service.pb.h"
#include "tremorcast/v1/network_service.pb.h"

namespace tremorcast::cli {

grpc::Status FetchStations(const Client& client, std::vector<v1::Station>& stations);
grpc::Status FetchRegions(const Client& client, std::vector<v1::Region>& regions);

struct UpsertCounts {
  int64_t created = 0, changed = 0, unchanged = 0;
};
// Of the fields that a source states.
google::protobuf::FieldMask MaskOfSaid(std::initializer_list<std::pair<bool, const char*>> fields);

// Writes them one by one; `counts` says how far it came. Of a station that the service knows, what the
// list does not say (`columns`) stays as it is. `written`: as they are now.
grpc::Status UpsertStations(const Client& client, absl::Span<const Station> stations, const StationColumns& columns,
                            UpsertCounts& counts, std::vector<v1::Station>* written = nullptr);
// The same; `said`: the fields that each region's source states, or empty: all of all.
grpc::Status UpsertRegions(const Client& client, absl::Span<const Region> regions,
                           absl::Span<const google::protobuf::FieldMask> said, UpsertCounts& counts);

// Sends them in requests of at most 5,000 of each, which are taken whole or not at all.
grpc::Status ImportEvents(const Client& client, const CatalogueImport& import, ImportCounts& counts);
// Tells the service how far a catalogue is complete; to be said only when everything is in, because
// a week must not be verified against half a catalogue. `extend`: StateCompletenessRequest.
grpc::Status StateCompleteness(const Client& client, const Completeness& statement, bool extend,
                               v1::CompletenessStatement* standing = nullptr);
// Every event that `request` asks for, page by page; `last` is the last page, without its events.
grpc::Status FetchEvents(const Client& client, v1::ListEventsRequest request, std::vector<v1::SeismicEvent>& events,
                         v1::ListEventsResponse& last);

}  // namespace tremorcast::cli
