-- grain:   one row per day from 2015 to 2050
-- purpose: the working days of the Algemene termijnenwet (articles 1 and 3): Monday to Friday, except New
--          Year's Day, Good Friday, Easter Monday, King's Day, 5 May, Ascension Day, Whit Monday and both
--          Christmas days. working_day_number counts the working days up to and including the day.
-- inputs:  none

with year as (
    select unnest(range(2015, 2051)) as year
),

-- Easter Sunday by the Gregorian computus (Meeus, Jones and Butcher)
golden as (
    select year, year % 19 as a, year // 100 as b, year % 100 as c
    from year
),

moon as (
    select *, (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30 as h
    from golden
),

weekday as (
    select *, (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7 as l
    from moon
),

correction as (
    select *, h + l - 7 * ((a + 11 * h + 22 * l) // 451) + 114 as n
    from weekday
),

easter as (
    select year, make_date(year, n // 31, n % 31 + 1) as sunday
    from correction
),

kings_birthday as (
    select make_date(year, 4, 27) as birthday
    from year
),

holiday as (
    select make_date(year, 1, 1) as date from year
    union
    select sunday - 2 from easter
    union
    select sunday + 1 from easter
    union
    select birthday - (isodow(birthday) = 7)::int from kings_birthday
    union
    select make_date(year, 5, 5) from year
    union
    select sunday + 39 from easter
    union
    select sunday + 50 from easter
    union
    select make_date(year, 12, 25) from year
    union
    select make_date(year, 12, 26) from year
),

day as (
    select cast(unnest(generate_series(date '2015-01-01', date '2050-12-31', interval 1 day)) as date) as date
),

judged as (
    select
        day.date,
        isodow(day.date) < 6 and holiday.date is null as is_working_day
    from day
    left join holiday using (date)
),

numbered as (
    select
        date,
        is_working_day,
        cast(sum(is_working_day::int) over (order by date) as integer) as working_day_number
    from judged
)

select * from numbered
