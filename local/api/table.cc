#include "local/api/table.h"

#include "analysis/json_path.h"
#include "base/ensure.h"
#include "local/api/table_builtin.h"

#include <nlohmann/json.hpp>

namespace sluice::local {

namespace {

Json column_definition(const PrinterColumn& column) {
  return {{"name", column.name},
          {"type", column.type},
          {"format", column.format},
          {"description", column.description},
          {"priority", column.priority}};
}

/// What text columns show of any value: strings as they are, the rest as JSON, many with blanks.
Json text_cell(const std::vector<const Json*>& values) {
  std::string text;
  for (const Json* value : values) {
    text += text.empty() ? "" : " ";
    text += value->is_string() ? value->get<std::string>() : dump_json(*value);
  }
  return text;
}

Json number_cell(const Json& value, bool whole) {
  if (!value.is_number()) return nullptr;
  return whole && value.is_number_float() ? Json(static_cast<int64_t>(value.get<double>())) : value;
}

/// None where something is missing or the path is not understood.
std::vector<const Json*> values_at(const Json& object, const std::string& json_path) {
  const auto path = analysis::JsonPath::compile(json_path);
  return path ? path->find(object).value_or(std::vector<const Json*>())
              : std::vector<const Json*>();
}

Json custom_cell(const PrinterColumn& column, const Json& object, SystemTime now) {
  const std::vector<const Json*> values = values_at(object, column.json_path);
  if (values.empty() || values[0]->is_null()) return nullptr;
  if (column.type == "integer" || column.type == "number")
    return number_cell(*values[0], column.type == "integer");
  if (column.type == "boolean") return values[0]->is_boolean() ? *values[0] : Json(nullptr);
  if (column.type == "date") {
    return values[0]->is_string() ? Json(age_since(values[0]->get<std::string>(), now))
                                  : Json("<invalid>");
  }
  return text_cell(values);
}

const BuiltinTable& builtin_table(const ResourceType& type) {
  const BuiltinTable* table = find_builtin_table(type.group, type.plural);
  return table == nullptr ? plain_table() : *table;
}

Json column_definitions(const ResourceType& type) {
  Json definitions = Json::array();
  if (type.custom) definitions.push_back(column_definition({"Name", "string", "name", "", "", 0}));
  for (const PrinterColumn& column :
       type.custom ? type.printer_columns : builtin_table(type).columns) {
    definitions.push_back(column_definition(column));
  }
  return definitions;
}

Json cells_of(const ResourceType& type, const Json& object, SystemTime now) {
  if (!type.custom) return builtin_table(type).cells(object, now);
  Json cells = Json::array({string_at(object, "metadata.name")});
  for (const PrinterColumn& column : type.printer_columns)
    cells.push_back(custom_cell(column, object, now));
  return cells;
}

Json row_object(const Json& object, RowObject wanted) {
  switch (wanted) {
    case RowObject::Metadata:
      return make_partial_metadata(object);
    case RowObject::Object:
      return object;
    case RowObject::None:
      break;
  }
  return nullptr;
}

}  // namespace

RowObject parse_row_object(std::string_view include_object) {
  if (include_object == "Object") return RowObject::Object;
  return include_object == "None" ? RowObject::None : RowObject::Metadata;
}

Json make_partial_metadata(const Json& object) {
  Json partial = {{"kind", "PartialObjectMetadata"}, {"apiVersion", kMetaVersion}};
  const auto metadata = object.find("metadata");
  partial["metadata"] = metadata == object.end() ? Json::object() : *metadata;
  return partial;
}

Json make_table(const ResourceType& type, const std::vector<ObjectPtr>& rows, Json metadata,
                const TableRequest& request) {
  Json table = {{"kind", "Table"}, {"apiVersion", kMetaVersion}, {"metadata", std::move(metadata)}};
  table["columnDefinitions"] = request.headers ? column_definitions(type) : Json::array();
  Json& table_rows = table["rows"] = Json::array();
  for (const ObjectPtr& row : rows) {
    const auto object = row->parse();
    if (!object) continue;
    table_rows.push_back(make_row(type, *object, request));
  }
  return table;
}

Json make_row(const ResourceType& type, const Json& object, const TableRequest& request) {
  return {{"cells", cells_of(type, object, request.now)},
          {"object", row_object(object, request.row_object)}};
}

std::string table_body(const Json& table, std::string_view rows) {
  // Members are sorted, so that the empty list of rows is the last.
  constexpr std::string_view kEnd = "]}";
  std::string text = dump_json(table);
  SLUICE_ENSURE(text.ends_with(R"("rows":[]})"), "a table without rows");
  text.insert(text.size() - kEnd.size(), rows);
  return text;
}

}  // namespace sluice::local
