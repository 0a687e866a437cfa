#include "analysis/providers/web_provider.h"

#include "analysis/json_path.h"
#include "net/url.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::analysis {
namespace {

constexpr std::string_view kKind = "web";
constexpr std::string_view kWhole = "{$}";

/// The `provider.web` block of a metric.
struct WebConfig {
  std::string method = "GET";
  std::string url;
  std::string body;
  bool is_json = false;  ///< The body is that of jsonBody.
  Duration timeout = kWebTimeout;
  std::string json_path{kWhole};
  SourceAccess access;
};

void read_method(const Json& block, SettingsReader& reader, WebConfig& config) {
  const std::string method = reader.text(block, "method");
  if (!method.empty()) config.method = method;
  if (has_tag(method) || method.empty()) return;
  if (method != "GET" && method != "POST" && method != "PUT") {
    reader.add(
        "method",
        fmt::format("Unsupported value: \"{}\": supported values: \"GET\", \"POST\", \"PUT\"",
                    method));
  }
}

void read_body(const Json& block, SettingsReader& reader, WebConfig& config) {
  config.body = reader.text(block, "body");
  const Json* json = find_path(block, "jsonBody");
  config.is_json = json != nullptr && !json->is_null();
  if (config.is_json && !config.body.empty())
    return reader.add("jsonBody", "body and jsonBody exclude each other");
  if (config.is_json) config.body = dump_json(*json);
  if (!config.body.empty() && config.method == "GET")
    reader.add(config.is_json ? "jsonBody" : "body", "needs the method POST or PUT");
}

void read_json_path(const Json& block, SettingsReader& reader, WebConfig& config) {
  const std::string path = reader.text(block, "jsonPath");
  if (!path.empty()) config.json_path = path;
  if (has_tag(path)) return;
  const auto compiled = JsonPath::compile(config.json_path);
  if (!compiled) reader.add_invalid("jsonPath", path, compiled.error().to_string());
}

WebConfig read_config(const JsonText& text, std::string_view path, crds::FieldProblems& problems) {
  const Json block = read_block(text, path, problems);
  if (!block.is_object()) return {};
  SettingsReader reader(path, problems);
  WebConfig config;
  read_method(block, reader, config);
  config.url = reader.url(block, "url");
  if (config.url.empty()) reader.add("url", "Required value: the URL to be asked");
  read_body(block, reader, config);
  config.timeout = reader.seconds(block, "timeoutSeconds").value_or(kWebTimeout);
  read_json_path(block, reader, config);
  config.access = reader.access(block);
  return config;
}

/// People write queries as they read: what a URI may not hold is encoded.
std::string with_strays_encoded(std::string_view url) {
  constexpr std::string_view kReserved = "-._~:/?#@!$&'()*+,;=%";
  const size_t scheme = url.find("://") + 3;
  const size_t start = std::min(url.find_first_of("/?#", scheme), url.size());
  std::string out(url.substr(0, start));
  for (const char c : url.substr(start))
    if (kReserved.contains(c))
      out += c;
    else
      out += net::percent_encode({&c, 1});
  return out;
}

net::HttpRequest make_request(const WebConfig& config) {
  net::HttpRequest request{.method = config.method, .url = with_strays_encoded(config.url)};
  request.body = config.body;
  request.deadline = config.timeout;
  if (config.is_json && config.access.headers.find("Content-Type") == nullptr)
    request.headers.add("Content-Type", "application/json");
  return request;
}

/// A number is a float, whether it is whole or not: 5 / 2 is 2.5 either way, and % has no place.
Json with_floats(Json json) {
  if (json.is_number()) return json.get<double>();
  if (json.is_structured())
    for (Json& part : json) part = with_floats(std::move(part));
  return json;
}

/// What was found, as one document.
Json as_one(const std::vector<const Json*>& found) {
  if (found.size() == 1) return *found.front();
  Json all = Json::array();
  for (const Json* one : found) all.push_back(*one);
  return all;
}

Result<MetricSample> read_answer(const net::HttpResponse& response, std::string_view json_path) {
  constexpr int kOk = 200;
  constexpr int kRedirect = 300;
  if (response.status < kOk || response.status >= kRedirect) {
    const std::string said = excerpt(response.body);
    return fail(Error{code_of_status(response.status),
                      fmt::format("HTTP {}{}{}", response.status, said.empty() ? "" : ": ", said)});
  }
  const auto document = parse_json(response.body);
  if (!document) return fail(internal("the answer is no JSON: " + document.error().message));
  const auto path = JsonPath::compile(json_path);
  if (!path) return fail(invalid("jsonPath: " + path.error().to_string()));
  const auto found = path->find(*document);
  if (!found) return fail(found.error().within("jsonPath"));
  Json one = as_one(*found);
  std::string text = dump_json(one);
  return MetricSample{.result = value_from_json(with_floats(std::move(one))),
                      .text = std::move(text),
                      .metadata = {}};
}

class WebProvider : public Question {
 public:
  explicit WebProvider(HttpSource& source) : source_(source) {}

  std::string_view name() const override { return kKind; }

  crds::FieldProblems check(const JsonText& config, std::string_view path) const override {
    crds::FieldProblems problems;
    const WebConfig read = read_config(config, path, problems);
    source_.check_reach(fmt::format("{}.url", path), read.url, problems);
    source_.check_reach(path, read.access, problems);
    return problems;
  }

  net::Awaitable<Result<MetricSample>> measure(MeasureRequest request) override {
    crds::FieldProblems problems;
    const WebConfig config = read_config(request.metric.provider.config, "provider.web", problems);
    if (!problems.empty()) co_return fail(invalid(problems.front().sentence()));
    const auto response =
        co_await source_.ask(make_request(config), config.access, request.secrets, request.now);
    if (!response) co_return fail(response.error());
    auto sample = read_answer(*response, config.json_path);
    if (sample) co_return sample;
    const std::string_view url = config.url;
    co_return fail(sample.error().within(
        fmt::format("{} {}", config.method, url.substr(0, url.find_first_of("?#")))));
  }

 private:
  HttpSource& source_;
};

}  // namespace

std::unique_ptr<Question> make_web_provider(HttpSource& source) {
  return std::make_unique<WebProvider>(source);
}

}  // namespace sluice::analysis
