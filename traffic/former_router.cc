#include "traffic/former_router.h"

#include <utility>

namespace sluice::traffic {
namespace {

class FormerRouter : public Router {
 public:
  FormerRouter(std::unique_ptr<Router> router, std::set<ObjectRef> taken)
      : router_(std::move(router)), taken_(std::move(taken)) {}

  std::vector<ObjectRef> objects() const override {
    std::vector<ObjectRef> own = router_->objects();
    std::erase_if(own, [this](const ObjectRef& ref) { return taken_.contains(ref); });
    return own;
  }

  std::vector<Error> faults(const crds::Routes& /*routes*/,
                            const FindObject& /*find*/) const override {
    return {};
  }

  std::map<std::string, Selection> selections(const FindObject& find) const override {
    return router_->selections(own(find));
  }

  std::vector<ObjectChange> select(const std::string& side, const std::string& hash,
                                   const FindObject& find) const override {
    return router_->select(side, hash, own(find));
  }

 private:
  std::vector<Observation> observations(const crds::Routes& routes,
                                        const FindObject& find) const override {
    return {router_->observe(crds::only_former(routes), own(find))};
  }

  std::vector<ObjectChange> changes(const crds::Routes& routes,
                                    const FindObject& find) const override {
    auto rendered = router_->render(crds::only_former(routes), own(find));
    return rendered ? *std::move(rendered) : std::vector<ObjectChange>{};
  }

  FindObject own(const FindObject& find) const {
    return
        [this, &find](const ObjectRef& ref) { return taken_.contains(ref) ? nullptr : find(ref); };
  }

  std::unique_ptr<Router> router_;
  std::set<ObjectRef> taken_;
};

}  // namespace

std::unique_ptr<Router> former_router(std::unique_ptr<Router> router, std::set<ObjectRef> taken) {
  return std::make_unique<FormerRouter>(std::move(router), std::move(taken));
}

}  // namespace sluice::traffic
