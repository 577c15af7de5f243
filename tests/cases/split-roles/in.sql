CREATE TABLE t(id INTEGER PRIMARY KEY, roles TEXT);
INSERT INTO t VALUES(1,'["a","b","c"]'),(2,'[]'),(3,'["d"]'),(4,'no list'),(5,NULL),(6,'["e","f"]');
