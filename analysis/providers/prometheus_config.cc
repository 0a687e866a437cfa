#include "analysis/providers/prometheus_config.h"

#include "analysis/expression.h"

#include <nlohmann/json.hpp>

namespace sluice::analysis {
namespace {

std::string read_address(const Json& block, SettingsReader& reader) {
  std::string address = reader.url(block, "address");
  while (address.ends_with('/')) address.pop_back();
  if (has_tag(address)) return address;
  if (address.find_first_of("?#") != address.npos)
    reader.add_invalid("address", address, "must not hold a query or a fragment");
  else if (address.contains(' '))
    reader.add("address", "must not hold blanks or control characters");
  return address;
}

std::string read_moment(const Json& block, std::string_view field, SettingsReader& reader) {
  std::string text = reader.text(block, field);
  if (text.empty()) {
    reader.add(field, "Required value: an expression that gives a time, such as now()");
  } else if (!has_tag(text)) {
    const auto compiled = Expression::compile(text);
    if (!compiled) reader.add_invalid(field, text, compiled.error().to_string());
  }
  return text;
}

std::optional<PrometheusRange> read_range(const Json& block, SettingsReader& reader) {
  const Json* settings = find_path(block, "rangeQuery");
  if (settings == nullptr || !settings->is_object()) return std::nullopt;
  PrometheusRange range{.start = read_moment(block, "rangeQuery.start", reader),
                        .end = read_moment(block, "rangeQuery.end", reader)};
  const std::string step = reader.text(block, "rangeQuery.step");
  if (has_tag(step)) return range;
  const auto span = parse_duration(step);
  if (!span || *span <= Duration::zero())
    reader.add_invalid("rangeQuery.step", step, "must be a duration such as 1m");
  else
    range.step = *span;
  return range;
}

}  // namespace

PrometheusConfig read_prometheus_config(const JsonText& text, std::string_view path,
                                        crds::FieldProblems& problems) {
  const Json block = read_block(text, path, problems);
  if (!block.is_object()) return {};
  SettingsReader reader(path, problems);
  PrometheusConfig config;
  config.address = read_address(block, reader);
  config.query = reader.text(block, "query");
  if (config.query.empty()) reader.add("query", "Required value: a PromQL query");
  config.timeout = reader.seconds(block, "timeout");
  config.access = reader.access(block);
  config.range = read_range(block, reader);
  return config;
}

}  // namespace sluice::analysis
