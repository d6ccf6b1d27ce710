-- Something to capture: made at the primary, and replicated.
CREATE DATABASE shop;
CREATE TABLE shop.orders (
  id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT,
  customer VARCHAR(100) NOT NULL,
  total DECIMAL(12, 2) NOT NULL,
  created_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
);
INSERT INTO shop.orders (customer, total) VALUES ('Ada', 12.50), ('Blaise', 7.00), ('Carl', 99.95);
