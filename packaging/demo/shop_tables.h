// The tables of the demo's shop and the number of rows that each begins with. Constants.
#pragma once

namespace tidemark::demo {

/// Creates the database `shop`, in PostgreSQL a schema. Foreign keys restrict: MySQL writes no word of a cascade into its log.
extern const char* const kCreateMysqlShop;
extern const char* const kCreatePostgresShop;

inline constexpr int kCategories = 40;
inline constexpr int kCustomers = 24960;
inline constexpr int kProducts = 5000;
inline constexpr int kOrders = 40000;
inline constexpr int kOrderItems = 80000;  // two an order
inline constexpr int kPayments = 30000;    // the first orders are paid
inline constexpr int kStockMovements = 20000;
static_assert(kCategories + kCustomers + kProducts + kOrders + kOrderItems + kPayments + kStockMovements == 200000);

}  // namespace tidemark::demo
