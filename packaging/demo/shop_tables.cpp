#include "demo/shop_tables.h"

namespace tidemark::demo {

const char* const kCreateShop = R"(
CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE categories (
  code VARCHAR(16) COLLATE utf8mb4_bin PRIMARY KEY,
  title VARCHAR(80) NOT NULL,
  parent VARCHAR(16) COLLATE utf8mb4_bin NULL,
  FOREIGN KEY (parent) REFERENCES categories (code)
);
CREATE TABLE customers (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  email VARCHAR(120) NOT NULL UNIQUE,
  name VARCHAR(120) NOT NULL,
  greeting TEXT NOT NULL,
  tier ENUM('bronze','silver','gold') NOT NULL DEFAULT 'bronze',
  interests SET('books','music','garden','travel') NOT NULL DEFAULT '',
  born DATE NULL,
  call_at TIME NULL,
  points DECIMAL(14,4) NOT NULL DEFAULT 0,
  settings JSON NOT NULL,
  active BOOLEAN NOT NULL DEFAULT TRUE,
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  seen_at DATETIME(6) NULL
);
CREATE TABLE products (
  sku VARCHAR(24) COLLATE utf8mb4_bin PRIMARY KEY,
  category VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
  title VARCHAR(160) NOT NULL,
  description MEDIUMTEXT NULL,
  price DECIMAL(10,2) NOT NULL,
  weight_kg DOUBLE NULL,
  rating FLOAT NULL,
  released YEAR NULL,
  thumbnail VARBINARY(48) NULL,
  FOREIGN KEY (category) REFERENCES categories (code)
);
CREATE TABLE orders (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  customer_id BIGINT UNSIGNED NOT NULL,
  status ENUM('open','paid','sent','returned') NOT NULL DEFAULT 'open',
  total DECIMAL(14,2) NOT NULL,
  placed_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  deliver_on DATE NULL,
  note TEXT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (id)
);
CREATE TABLE order_items (
  order_id BIGINT UNSIGNED NOT NULL,
  line_no SMALLINT NOT NULL,
  sku VARCHAR(24) COLLATE utf8mb4_bin NOT NULL,
  quantity INT UNSIGNED NOT NULL,
  unit_price DECIMAL(10,2) NOT NULL,
  discount DECIMAL(6,5) NULL,
  PRIMARY KEY (order_id, line_no),
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (sku) REFERENCES products (sku)
);
CREATE TABLE payments (
  id BINARY(16) PRIMARY KEY,
  order_id BIGINT UNSIGNED NOT NULL,
  amount DECIMAL(14,2) NOT NULL,
  method ENUM('card','transfer','cash') NOT NULL,
  paid_at DATETIME(3) NOT NULL,
  flags BIT(12) NOT NULL DEFAULT b'0',
  FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE TABLE stock_movements (
  warehouse SMALLINT NOT NULL,
  sku VARCHAR(24) COLLATE utf8mb4_bin NOT NULL,
  moved_at DATETIME(6) NOT NULL,
  delta INT NOT NULL,
  reason VARCHAR(80) NULL,
  PRIMARY KEY (warehouse, sku, moved_at),
  FOREIGN KEY (sku) REFERENCES products (sku)
);
)";

}  // namespace tidemark::demo
