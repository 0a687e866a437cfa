#include "local/api/api_collection.h"

#include "local/api/api_answer.h"
#include "local/api/api_list.h"
#include "local/api/api_negotiation.h"
#include "local/api/table.h"
#include "net/turn.h"

#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

constexpr std::string_view kDeleteCollection = "deletecollection";

/// How the objects of one list are shown.
struct Listing {
  ResourceTypePtr type;
  Shape shape = Shape::Whole;
  TableRequest table;
};

/// Empty for an object that cannot be shown.
std::string item_text(const Listing& listing, const StoredObject& item) {
  if (listing.shape == Shape::Whole) return list_item(*listing.type, item);
  const auto object = item.parse();
  if (!object) return "";
  return dump_json(listing.shape == Shape::Table ? make_row(*listing.type, *object, listing.table)
                                                 : make_partial_metadata(*object));
}

net::Awaitable<std::string> item_texts(Listing listing, std::vector<ObjectPtr> items) {
  std::string texts;
  for (const ObjectPtr& item : items) {
    const std::string text = item_text(listing, *item);
    if (!text.empty() && !texts.empty()) texts += ',';
    texts += text;
    co_await net::take_turn();
  }
  co_return texts;
}

std::string list_text(const Listing& listing, const ListPage& page, const std::string& items) {
  const ResourceType& type = *listing.type;
  Json metadata = list_metadata(type, page);
  switch (listing.shape) {
    case Shape::Whole:
      return list_body(type.api_version(), type.list_kind, items, metadata);
    case Shape::Metadata:
      return list_body(kMetaVersion, "PartialObjectMetadataList", items, metadata);
    case Shape::Table:
      break;
  }
  // The real server's tables of custom resources leave an empty token out, unlike its lists.
  if (page.continue_token.empty()) metadata.erase("continue");
  return table_body(make_table(type, {}, std::move(metadata), listing.table), items);
}

net::Awaitable<ApiResult<ListPage>> remove_all(Registry& registry, ResourceTypePtr type,
                                               ListQuery query, DeleteOptions options) {
  auto page = registry.list(*type, query);
  if (!page) co_return page;
  for (const ObjectPtr& object : page->items) {
    DeleteOptions own = options;
    if (own.uid.empty()) own.uid = object->meta.uid;
    const auto removed = registry.remove(*type, object->meta.key(), own);
    // Gone meanwhile, or another one has its name.
    const bool vanished = !removed && options.uid.empty() &&
                          (removed.error().code == 404 || removed.error().code == 409);
    if (!removed && !vanished) co_return fail(removed.error());
    co_await net::take_turn();
  }
  co_return page;
}

}  // namespace

bool is_collection_verb(std::string_view verb) {
  return verb == "list" || verb == kDeleteCollection;
}

net::Awaitable<net::HttpResponse> answer_collection(Registry& registry, ResourceTypePtr type,
                                                    ApiPath path, net::ServerRequest request,
                                                    SystemTime now) {
  const auto shape = negotiate(request.headers.get("Accept"), Target::List);
  if (!shape) co_return error_answer(not_acceptable());
  const auto query = list_query(path, request.query);
  if (!query) co_return error_answer(query.error());
  ApiResult<ListPage> page;
  if (api_verb(request.method, path, request.query) == kDeleteCollection) {
    const auto options = delete_options(request.query, request.body);
    if (!options) co_return error_answer(options.error());
    page = co_await remove_all(registry, type, *query, *options);
  } else {
    page = registry.list(*type, *query);
  }
  if (!page) co_return error_answer(page.error());
  const auto rows = net::query_parameter(request.query, "includeObject").value_or("");
  const Listing listing{type, *shape, {parse_row_object(rows), true, now}};
  const std::string items = co_await item_texts(listing, page->items);
  co_return json_answer(200, list_text(listing, *page, items));
}

}  // namespace sluice::local
