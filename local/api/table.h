#pragma once

// Tables (meta.k8s.io/v1): how `kubectl get` wants objects, with the columns that its users know
// for built-in kinds and those of additionalPrinterColumns for custom resources.

#include "base/json.h"
#include "base/time.h"
#include "local/store/resource_type.h"
#include "local/store/stored_object.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

/// What each row carries beside its cells: the `includeObject` parameter.
enum class RowObject { Metadata, Object, None };

RowObject parse_row_object(std::string_view include_object);

struct TableRequest {
  RowObject row_object = RowObject::Metadata;
  bool headers = true;  ///< False: without column definitions, as in later events of a watch.
  SystemTime now;       ///< Ages are counted up to this.
};

/// The Table as a document; `metadata` is the list's.
Json make_table(const ResourceType& type, const std::vector<ObjectPtr>& rows, Json metadata,
                const TableRequest& request);

/// One row of it.
Json make_row(const ResourceType& type, const Json& object, const TableRequest& request);

/// A Table without rows as JSON text, with these rows in it, between which there are commas.
std::string table_body(const Json& table, std::string_view rows);

inline constexpr std::string_view kMetaVersion = "meta.k8s.io/v1";

/// PartialObjectMetadata of an object.
Json make_partial_metadata(const Json& object);

}  // namespace sluice::local
