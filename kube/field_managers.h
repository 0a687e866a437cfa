#pragma once

// Who wrote to an object, as metadata.managedFields tells.

#include "kube/object.h"

#include <string>
#include <string_view>

namespace sluice::kube {

/// The manager, other than this program, that wrote last to that subresource ("": to the object
/// itself). "" where the server does not tell.
std::string last_writer(const Object& object, std::string_view subresource);

/// The same for people: `"argocd"`; "another Sluice" where all who wrote bear this program's name;
/// "" where the server does not tell, and where there is no object (null).
std::string writer_text(const Object* object, std::string_view subresource);

/// Takes out of metadata.managedFields, which is longer than most objects, all that is
/// not read here for these subresources.
void keep_last_writers(Json& document, std::initializer_list<std::string_view> subresources);

}  // namespace sluice::kube
