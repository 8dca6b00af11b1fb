-- rows.sql - what SQLite is asked for a recording: tables, an index, a join, rows that go.
create table item(id integer primary key, name text, price real);
create table sale(day text, item integer references item, count integer);
create index sale_by_item on sale(item);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 60)
  insert into item select i, 'item ' || i, i * 1.25 from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 200)
  insert into sale select date('2020-01-01', '+' || (i / 4) || ' days'), 1 + i * 7 % 60, i % 5 from n;
select name, sum(count), round(sum(count * price), 2) from sale join item on item = id
  group by item order by 3 desc limit 5;
delete from sale where count = 0;
update item set price = price * 2 where id in (select item from sale where day > '2020-02-01');
select count(*), (select count(*) from item where price > 100) from sale;
create view busy as select item, sum(count) as total from sale group by item having total > 5;
select item.name, total from busy join item on item.id = busy.item order by total desc, name limit 3;
drop table sale;
