#pragma once

// set image: another image for containers of the pod template.

#include "verbs/verb_types.h"

#include <string_view>

namespace sluice::verbs {

struct ImageChange {
  std::string container;  ///< "*" for all.
  std::string image;
};

/// Bytes: repository (255), tag (128), digest (71), and what joins them.
inline constexpr size_t kImageBytesMax = 512;

/// Invalid where no registry could have such an image: characters, a leading '-', length.
Result<void> check_image(std::string_view image);

/// "shop=shop:v2" → container and image.
Result<ImageChange> parse_image_change(const std::string& text);

/// Invalid where a container does not exist.
Result<Decision> set_images(const crds::Rollout& rollout, const Ask& ask,
                            const std::vector<ImageChange>& changes);

}  // namespace sluice::verbs
