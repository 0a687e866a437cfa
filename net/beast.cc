// Beast's one compiled copy.

#include <boost/beast/src.hpp>
