#include "server/rpc/wire/check_texts.h"

#include <utility>

#include <absl/strings/str_cat.h>
#include <google/protobuf/descriptor.h>

#include "core/base/plain_text.h"

namespace tremorcast::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

size_t MostBytes(const FieldDescriptor& field) {
  static constexpr std::pair<absl::string_view, size_t> kOthers[] = {
      {"tremorcast.v1.ObservationBatch.batch_id", 128},
      {"tremorcast.v1.ObservationBatch.source", 64},
      {"tremorcast.v1.GetIngestPositionRequest.source", 64},
  };
  static constexpr std::pair<absl::string_view, size_t> kOtherNames[] = {
      {"page_token", 4096}, {"place", kMostPlaceBytes}, {"position", 1024}, {"reason", 1000}};
  for (const auto& [name, bytes] : kOthers) {
    if (field.full_name() == name) return bytes;
  }
  for (const auto& [name, bytes] : kOtherNames) {
    if (field.name() == name) return bytes;
  }
  return kMostTextBytes;
}

// Requests hold no message that holds itself.
bool HoldsText(const Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) return true;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && HoldsText(*field.message_type())) return true;
  }
  return false;
}

void AddFault(const FieldDescriptor& field, const std::string& path, const std::string& text,
              std::vector<FieldViolation>* violations) {
  const size_t most = MostBytes(field);
  if (text.size() > most) {
    violations->push_back({path, absl::StrCat("has ", text.size(), " bytes; at most ", most, " are allowed")});
  } else if (std::string fault = PlainTextFault(text); !fault.empty()) {
    violations->push_back({path, std::move(fault)});
  }
}

}  // namespace

void AddTextFaults(const Message& message, const std::string& prefix, std::vector<FieldViolation>* violations) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    const bool text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    const bool below = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && HoldsText(*field->message_type());
    if (!text && !below) continue;
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count && violations->size() < static_cast<size_t>(kMaxFieldViolations); ++i) {
      const std::string path =
          field->is_repeated() ? absl::StrCat(prefix, field->name(), "[", i, "]") : absl::StrCat(prefix, field->name());
      if (below) {
        AddTextFaults(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                           : reflection.GetMessage(message, field),
                      absl::StrCat(path, "."), violations);
        continue;
      }
      std::string scratch;
      AddFault(*field, path,
               field->is_repeated() ? reflection.GetRepeatedStringReference(message, field, i, &scratch)
                                    : reflection.GetStringReference(message, field, &scratch),
               violations);
    }
  }
}

absl::Status CheckTexts(const Message& request) {
  std::vector<FieldViolation> violations;
  AddTextFaults(request, "", &violations);
  return violations.empty() ? absl::OkStatus() : InvalidFields(std::move(violations));
}

}  // namespace tremorcast::rpc
